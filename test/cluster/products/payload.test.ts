import {Redis} from 'ioredis';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type Ask, PIECE, readPayload, removePayload, writePayload} from '../../../src/cluster/products/payload.js';
import {ClusterError} from '../../../src/errors.js';
import {needs} from '../../needs.js';
import {findRedis, noRedis, startRedis, type TestRedis} from '../../redis.js';

describe('Bytes in Redis', needs(findRedis(), noRedis), () => {
  let redis: TestRedis;
  let client: Redis;
  const ask: Ask = command => command(client);
  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.url);
  });
  afterAll(async () => {
    client?.disconnect();
    await redis?.stop();
  });

  it.each([0, 1, PIECE, PIECE + 1, 2 * PIECE + 5])(
    'of length %i come back as they were, from shared memory too',
    async length => {
      const bytes = new Uint8Array(new SharedArrayBuffer(length) as unknown as ArrayBuffer).map(
        (_, i) => i * 7 + (i >> 12),
      );
      const payload = await writePayload(ask, 'key', 'field', bytes);
      expect(await client.hlen('key')).toBe(Math.max(1, Math.ceil(length / PIECE)));
      expect(await client.ttl('key')).toBeGreaterThan(0);
      expect(Buffer.compare(await readPayload(ask, 'key', payload, length), bytes)).toBe(0);
      await removePayload(ask, 'key', payload);
      expect(await client.exists('key')).toBe(0);
    },
  );

  it('are refused if they are more than allowed, cut or gone', async () => {
    const payload = await writePayload(ask, 'other', 'field', new Uint8Array(PIECE + 100));
    await expect(readPayload(ask, 'other', payload, PIECE)).rejects.toThrow(/has 17 MB, and at most 17 MB are allowed/);
    await expect(readPayload(ask, 'other', {...payload, bytes: PIECE + 99}, 1e9)).rejects.toThrow(ClusterError);
    await client.hdel('other', 'field/1');
    await expect(readPayload(ask, 'other', payload, 1e9)).rejects.toThrow(/no longer has a message/);
  });
});
