import { headers } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { creditLine, readCredit, readMetadata, readTime, writeHeaders, writeTime } from '../../../src/nats/heads.ts';
import { metadataOf, NO_METADATA } from '../../../src/wire/extension/metadata.ts';

describe('the head of a Command over NATS', () => {
  it('has a time, or none', () => {
    for (const leftMs of [0, 1, 30_000, Number.POSITIVE_INFINITY]) expect(readTime(writeTime(leftMs))).toBe(leftMs);
    expect(readTime(writeTime(undefined))).toBe(Number.POSITIVE_INFINITY);
    expect(readTime(writeTime(-5))).toBe(0);
    expect(readTime(writeTime(0.2))).toBe(1);
  });

  it('has metadata as they are, whatever is in them', () => {
    for (const text of ['', 'acme', ' a ', '\r\nNats-Status: 1', '%41', 'ä\u0000', 'a\u007fb', '100%']) {
      const metadata = metadataOf([['tenant', text]]);
      const lines = writeHeaders(metadata, undefined);
      expect(lines?.keys()).toEqual(['tenant']);
      expect(readMetadata(lines)).toEqual({ tenant: text });
    }
    expect(writeHeaders(NO_METADATA, undefined)).toBeUndefined();
    expect(readMetadata(undefined)).toBe(NO_METADATA);
  });

  it('has nothing that others have put there and is no metadata', () => {
    const lines = headers();
    lines.append('Nats-Msg-Id', '1');
    lines.append('tenant', '100%');
    expect(readMetadata(lines)).toEqual({ tenant: '100%' });
  });

  it('has a credit where it is not the usual one', () => {
    expect(creditLine(undefined)).toBeUndefined();
    expect(creditLine({ results: 64, bytes: 32_768 })).toBeUndefined();
    const lines = writeHeaders(NO_METADATA, creditLine({ results: 2, bytes: 100 }));
    expect(readCredit(lines)).toEqual({ results: 2, bytes: 100 });
    expect(readMetadata(lines)).toBe(NO_METADATA);
    for (const text of ['', '0 1', '1 0', '1', '-1 1', '1 1 1', '9999999999999999 1']) {
      expect(readCredit(writeHeaders(NO_METADATA, text || undefined))).toBeUndefined();
    }
  });
});
