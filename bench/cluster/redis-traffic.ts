import {Redis} from 'ioredis';

/** What a Redis says of itself. */
export interface RedisState {
  /** Bytes that it has received and sent since it started. */
  readonly received: number;
  readonly sent: number;
  /** Bytes of its data. */
  readonly memory: number;
  /** Its process. */
  readonly pid: number;
}

export async function redisState(url: string): Promise<RedisState> {
  const client = new Redis(url);
  try {
    const info = await client.info();
    const read = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
    return {
      received: read('total_net_input_bytes'),
      sent: read('total_net_output_bytes'),
      memory: read('used_memory'),
      pid: read('process_id'),
    };
  } finally {
    client.disconnect();
  }
}
