/**
 * A self-signed certificate for localhost and 127.0.0.1 that nobody trusts, valid from 2020 to 2120. The key was made for
 * these tests, by `openssl ecparam -name prime256v1 -genkey`, and guards nothing.
 */
export const selfSigned = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqTiAtgXrHbYuomLu
ErJFQ+pxNoI/u7HhdpB/tRx1SWuhRANCAATAcDM/lfJf151nqgsjhExgbySNfr7L
yXncu1mvb5DR/yD0/MK0OHHy682XZ6/GHC83sdheFBvPmIlgDXLWvZrk
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBVTCB/KADAgECAgEBMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWxvY2FsaG9z
dDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFDESMBAGA1UEAwwJ
bG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwHAzP5XyX9edZ6oL
I4RMYG8kjX6+y8l53LtZr2+Q0f8g9PzCtDhx8uvNl2evxhwvN7HYXhQbz5iJYA1y
1r2a5KM9MDswGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMB0GA1UdDgQWBBSf
2AyWypWOJxcMVnmFPVrTyOwO1TAKBggqhkjOPQQDAgNIADBFAiB36rrC+/tLy2ZM
HB9lt7qOOH5KzLSoFSkrloYzsh/kogIhAM3mDfJclTnneqteRc7lv1IsK/V7Vyge
k9rPT+yttdGi
-----END CERTIFICATE-----`,
} as const;
