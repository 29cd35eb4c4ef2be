/**
 * The version, as spans and metrics name it. Written down, and not read from package.json, which is not there where the
 * library was bundled into a program.
 */
export const version = '0.1.0';
