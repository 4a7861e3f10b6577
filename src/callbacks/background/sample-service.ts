import type {SamplerPlan} from './sampler.js';

const plans = new WeakMap<SampleService, SamplerPlan>();

/** What takes samples outside of this process. `cluster()` of `tfjs-hessian/cluster` returns one. */
export abstract class SampleService {
  protected constructor(plan: SamplerPlan) {
    plans.set(this, plan);
  }
}

/** How a callback takes its samples with a service. */
export function planOf(service: SampleService): SamplerPlan {
  return plans.get(service)!;
}
