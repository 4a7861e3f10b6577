/** The functions of TensorFlow's C library that compute or start threads. */
const heldFunctions = [
  'TFE_NewContext',
  'TFE_ContextAddFunction',
  'TFE_Execute',
  'TF_LoadSessionFromSavedModel',
  'TF_SessionRun',
] as const;

/** The name of the one that holds signals back, which the addon calls instead. */
function heldName(name: string): string {
  return `TfjsHessianHeld_${name}`;
}

/** Compiler flags by which the addon calls the functions that hold signals back. */
export const heldFlags: readonly string[] = heldFunctions.map(name => `-D${name}=${heldName(name)}`);

/**
 * Functions that hold signals back while TensorFlow computes.
 *
 * On x86 processors oneDNN multiplies matrices with the stack pointer in a buffer on the heap (its `jit_avx512_common_gemm_f32`
 * and `jit_avx_gemm_f32`). The handler of a signal that arrives meanwhile, such as that of a terminal's new size, the end of a child process or
 * a profiler's tick, writes below that buffer, over memory of others. The calling thread therefore takes signals after the
 * call, and threads that TensorFlow starts in it, which inherit this, never: the process's other threads handle them.
 */
export const heldSignalsSource = `
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"

#ifdef _WIN32
namespace {
struct HeldSignals {};
}
#else
#include <csignal>
#include <initializer_list>
#include <pthread.h>
namespace {
// Holds signals back in this thread as long as it exists, but for those of a thread's own faults.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t held;
    sigfillset(&held);
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) sigdelset(&held, fault);
    pthread_sigmask(SIG_BLOCK, &held, &before_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};
}
#endif

extern "C" {

TFE_Context *${heldName('TFE_NewContext')}(const TFE_ContextOptions *options, TF_Status *status) {
  const HeldSignals held;
  return TFE_NewContext(options, status);
}

void ${heldName('TFE_ContextAddFunction')}(TFE_Context *context, TF_Function *function, TF_Status *status) {
  const HeldSignals held;
  TFE_ContextAddFunction(context, function, status);
}

void ${heldName('TFE_Execute')}(TFE_Op *op, TFE_TensorHandle **results, int *count, TF_Status *status) {
  const HeldSignals held;
  TFE_Execute(op, results, count, status);
}

TF_Session *${heldName('TF_LoadSessionFromSavedModel')}(
    const TF_SessionOptions *options, const TF_Buffer *run_options, const char *folder, const char *const *tags,
    int tag_count, TF_Graph *graph, TF_Buffer *meta_graph, TF_Status *status) {
  const HeldSignals held;
  return TF_LoadSessionFromSavedModel(options, run_options, folder, tags, tag_count, graph, meta_graph, status);
}

void ${heldName('TF_SessionRun')}(
    TF_Session *session, const TF_Buffer *options, const TF_Output *inputs, TF_Tensor *const *input_values,
    int input_count, const TF_Output *outputs, TF_Tensor **output_values, int output_count,
    const TF_Operation *const *targets, int target_count, TF_Buffer *metadata, TF_Status *status) {
  const HeldSignals held;
  TF_SessionRun(session, options, inputs, input_values, input_count, outputs, output_values, output_count, targets,
                target_count, metadata, status);
}

}
`;
