import type { Random } from '../../base/random.ts';

/**
 * The generator xoshiro128** 1.1 by David Blackman and Sebastiano Vigna: https://prng.di.unimi.it/xoshiro128starstar.c
 *
 * @param state - four 32-bit numbers, not all of them 0.
 * @returns a function that gives whole numbers from 0 to 2^32 - 1.
 */
export function xoshiro128(state: readonly [number, number, number, number]): Random {
  let [a, b, c, d] = state;
  return () => {
    const multiplied = Math.imul(b, 5);
    const result = Math.imul((multiplied << 7) | (multiplied >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
}

/**
 * The state that grows from a text: splitmix32 (its constants are those of a finaliser by Chris Wellons,
 * https://nullprogram.com/blog/2018/07/31/) from the 32-bit FNV-1a hash (RFC 9923) of the text's UTF-16 units.
 */
export function stateFrom(text: string): [number, number, number, number] {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  const next = () => {
    hash = (hash + 0x9e37_79b9) | 0;
    let mixed = hash ^ (hash >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    return mixed ^ (mixed >>> 15);
  };
  return [next(), next(), next(), next()];
}
