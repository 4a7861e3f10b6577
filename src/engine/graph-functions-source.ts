/**
 * The addon's main file: TensorFlow.js' own, and two functions more. They let `executeOp` run a whole graph like an op, so that
 * tensors stay on their device; the addon as it is published runs graphs only as sessions, through the host's memory.
 *
 * `addGraphFunction(graph, inputNames, outputNames)` registers a serialized GraphDef as a function and returns its name, `tfjs_hessian_graph_<number>`;
 * `removeGraphFunction(name)` removes it. The GraphDef's own functions are registered with it and stay. `holdsSignals` says that this addon
 * holds signals back while TensorFlow computes.
 */
export const graphFunctionsSource = `
#include <node_api.h>

// TensorFlow.js' file, without its registration.
#pragma push_macro("NAPI_MODULE")
#undef NAPI_MODULE
#define NAPI_MODULE(name, init)
#include "tfjs_binding.cc"
#pragma pop_macro("NAPI_MODULE")

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"
#include "tf_auto_status.h"

namespace tfnodejs {

// The backend's context, which is private. An explicit instantiation may name a private member.
TFE_Context *ContextOf(const TFJSBackend &backend);
template <TFE_Context *TFJSBackend::*member>
struct ContextMember {
  friend TFE_Context *ContextOf(const TFJSBackend &backend) {
    return backend.*member;
  }
};
template struct ContextMember<&TFJSBackend::tfe_context_>;

template <typename T>
using Owned = std::unique_ptr<T, void (*)(T *)>;

// Finds outputs by names such as "x:0,y:1".
static bool FindOutputs(TF_Graph *graph, const std::string &names,
                        std::vector<TF_Output> *found) {
  for (size_t from = 0; from < names.size();) {
    size_t to = names.find(',', from);
    if (to == std::string::npos) to = names.size();
    const std::string name = names.substr(from, to - from);
    const size_t colon = name.find(':');
    const int index = colon == std::string::npos ? 0 : std::atoi(name.c_str() + colon + 1);
    TF_Operation *operation = TF_GraphOperationByName(graph, name.substr(0, colon).c_str());
    if (operation == nullptr) return false;
    found->push_back({operation, index});
    from = to + 1;
  }
  return true;
}

// Registers the functions that the graph brings along.
static void AddLibrary(TFE_Context *context, TF_Graph *graph, TF_Status *status) {
  std::vector<TF_Function *> functions(TF_GraphNumFunctions(graph));
  const int count = TF_GraphGetFunctions(graph, functions.data(), functions.size(), status);
  for (int i = 0; i < count; i++) {
    if (TF_GetCode(status) == TF_OK && !TFE_ContextHasFunction(context, TF_FunctionName(functions[i])))
      TFE_ContextAddFunction(context, functions[i], status);
    TF_DeleteFunction(functions[i]);
  }
}

static napi_value AddGraphFunction(napi_env env, napi_callback_info info) {
  size_t argc = 3;
  napi_value args[3];
  ENSURE_NAPI_OK_RETVAL(env, napi_get_cb_info(env, info, &argc, args, nullptr, nullptr), nullptr);
  if (argc < 3) {
    NAPI_THROW_ERROR(env, "addGraphFunction() takes a graph, input names and output names");
    return nullptr;
  }
  ENSURE_VALUE_IS_TYPED_ARRAY_RETVAL(env, args[0], nullptr);
  ENSURE_VALUE_IS_STRING_RETVAL(env, args[1], nullptr);
  ENSURE_VALUE_IS_STRING_RETVAL(env, args[2], nullptr);
  size_t length;
  void *bytes;
  std::string input_names, output_names;
  ENSURE_NAPI_OK_RETVAL(
      env, napi_get_typedarray_info(env, args[0], nullptr, &length, &bytes, nullptr, nullptr), nullptr);
  ENSURE_NAPI_OK_RETVAL(env, GetStringParam(env, args[1], input_names), nullptr);
  ENSURE_NAPI_OK_RETVAL(env, GetStringParam(env, args[2], output_names), nullptr);
  TFJSBackend *const backend = GetTFJSBackend(env);
  if (!backend) return nullptr;
  TFE_Context *const context = ContextOf(*backend);

  TF_AutoStatus status;
  const Owned<TF_Graph> graph(TF_NewGraph(), TF_DeleteGraph);
  const Owned<TF_Buffer> buffer(TF_NewBufferFromString(bytes, length), TF_DeleteBuffer);
  const Owned<TF_ImportGraphDefOptions> options(TF_NewImportGraphDefOptions(), TF_DeleteImportGraphDefOptions);
  TF_GraphImportGraphDef(graph.get(), buffer.get(), options.get(), status.status);
  ENSURE_TF_OK_RETVAL(env, status, nullptr);
  AddLibrary(context, graph.get(), status.status);
  ENSURE_TF_OK_RETVAL(env, status, nullptr);
  std::vector<TF_Output> inputs, outputs;
  if (!FindOutputs(graph.get(), input_names, &inputs) || !FindOutputs(graph.get(), output_names, &outputs)) {
    NAPI_THROW_ERROR(env, "An input or output is not in the graph");
    return nullptr;
  }

  static std::atomic<int> count(0);
  const std::string name = "tfjs_hessian_graph_" + std::to_string(count++);
  const Owned<TF_Function> function(
      TF_GraphToFunction(graph.get(), name.c_str(), 0, -1, nullptr, inputs.size(), inputs.data(), outputs.size(),
                         outputs.data(), nullptr, nullptr, nullptr, status.status),
      TF_DeleteFunction);
  ENSURE_TF_OK_RETVAL(env, status, nullptr);
  TFE_ContextAddFunction(context, function.get(), status.status);
  ENSURE_TF_OK_RETVAL(env, status, nullptr);
  napi_value result;
  ENSURE_NAPI_OK_RETVAL(env, napi_create_string_utf8(env, name.data(), name.size(), &result), nullptr);
  return result;
}

static napi_value RemoveGraphFunction(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value args[1];
  ENSURE_NAPI_OK_RETVAL(env, napi_get_cb_info(env, info, &argc, args, nullptr, nullptr), nullptr);
  if (argc < 1) {
    NAPI_THROW_ERROR(env, "removeGraphFunction() takes the name of a function");
    return nullptr;
  }
  std::string name;
  ENSURE_NAPI_OK_RETVAL(env, GetStringParam(env, args[0], name), nullptr);
  TFJSBackend *const backend = GetTFJSBackend(env);
  if (!backend) return nullptr;
  TF_AutoStatus status;
  TFE_ContextRemoveFunction(ContextOf(*backend), name.c_str(), status.status);
  ENSURE_TF_OK_RETVAL(env, status, nullptr);
  return nullptr;
}

static napi_value InitWithGraphFunctions(napi_env env, napi_value exports) {
  exports = InitTFNodeJSBinding(env, exports);
  if (exports == nullptr) return nullptr;
  napi_value holds_signals;
  ENSURE_NAPI_OK_RETVAL(env, napi_get_boolean(env, true, &holds_signals), exports);
  const napi_property_descriptor added[] = {
      {"addGraphFunction", nullptr, AddGraphFunction, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"removeGraphFunction", nullptr, RemoveGraphFunction, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"holdsSignals", nullptr, nullptr, nullptr, nullptr, holds_signals, napi_default, nullptr},
  };
  ENSURE_NAPI_OK_RETVAL(env, napi_define_properties(env, exports, ARRAY_SIZE(added), added), exports);
  return exports;
}

NAPI_MODULE(tfe_binding, InitWithGraphFunctions)

}  // namespace tfnodejs
`;
