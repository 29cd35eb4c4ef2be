export { seeded } from '../../src/testing/seeded.ts';
