// What each entry point of the package offers. A name that is here by accident is a promise to users all the same.
import {readFileSync} from 'node:fs';
import {basename, resolve} from 'node:path';
import ts from 'typescript';
import {describe, expect, it} from 'vitest';
import {exports as entries} from '../package.json' with {type: 'json'};

const root = resolve(import.meta.dirname, '..');
const names = Object.values(entries).flatMap(entry =>
  typeof entry === 'string' ? [] : [basename(entry.default, '.js')],
);

/** The exported names of an entry file, which has nothing but `export … from` in it. */
function exportsOf(entry: string): {readonly values: string; readonly types: string} {
  const file = resolve(root, 'src', `${entry}.ts`);
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const found = {values: [] as string[], types: [] as string[]};
  for (const statement of source.statements) {
    if (!ts.isExportDeclaration(statement)) throw new Error(`${file} has more than exports in it.`);
    if (!statement.exportClause || !ts.isNamedExports(statement.exportClause)) throw new Error(`${file} exports *.`);
    const list = statement.isTypeOnly ? found.types : found.values;
    for (const {name} of statement.exportClause.elements) list.push(name.text);
  }
  return {values: found.values.sort().join(' '), types: found.types.sort().join(' ')};
}

describe('the package', () => {
  it('has these entry points', () => {
    expect(names).toMatchInlineSnapshot(`
      [
        "index",
        "cluster",
        "dashboard",
        "estimators",
        "keras",
        "metrics",
        "node",
        "rules",
        "sinks",
      ]
    `);
  });

  it.each(names)('%s has, as a module, the values that its file names', async name => {
    const module = (await import(`../src/${name}.ts`)) as object;
    expect(Object.keys(module).sort().join(' ')).toBe(exportsOf(name).values);
  });

  it('offers these names, and no others', () => {
    expect(Object.fromEntries(names.map(name => [name, exportsOf(name)]))).toMatchInlineSnapshot(`
      {
        "cluster": {
          "types": "Cluster ClusterArgs NodeWorker ProductPlacement ProductSource ProductWorkers RedisConnection SampleWorker SampleWorkerEvent ThreadsArgs",
          "values": "cluster threads",
        },
        "dashboard": {
          "types": "Dashboard DashboardArgs",
          "values": "dashboard",
        },
        "estimators": {
          "types": "ConditionNumber ConditionNumberArgs ConjugateGradientArgs ConjugateGradientResult Coupling CouplingArgs DiagonalArgs DiagonalEstimate DiagonalMethod DiagonalSquaresArgs EffectiveDimensionArgs Eigenspace EigenspaceArgs Eigenvalues EigenvaluesArgs FrobeniusNormArgs LayerwiseSpectraArgs LogDeterminantArgs LossSurface LossSurfaceArgs MagnitudeOverlap MagnitudeOverlapArgs MiniBatchEigenvaluesArgs SpectralDensityArgs SpectrumArgs SpectrumSource Stability StabilityArgs SurfaceDirection SurfaceDirections TraceArgs TraceMethod TraceOfFunctionArgs WhichEigenvalues",
          "values": "conditionNumber conjugateGradient coupling diagonal diagonalSquares effectiveDimension eigenspace eigenvalues frobeniusNorm layerwiseSpectra logDeterminant lossSurface magnitudeOverlap miniBatchEigenvalues spectralDensity spectrum stability subspaceOverlap trace traceOfFunction",
        },
        "index": {
          "types": "ActivationHessianArgs ActivationOperator AdviceContext AttachRegularizerArgs AttachedRegularizer AxisSelection BackgroundArgs Batch BatchDataset BatchSource BlockGradient BlockSelection BlockSpectrum CallbackState ConditionNumber ConditionNumberArgs ConjugateGradientArgs ConjugateGradientResult Coupling CouplingArgs CurvatureArgs CurvatureBlock CurvatureName CurvatureOperator DatasetElement DensityRecord DiagonalArgs DiagonalEstimate DiagonalMethod DirectionArgs EdgeOfStabilityGuardArgs EffectiveDimensionArgs Eigenspace EigenspaceArgs Eigenvalues EigenvaluesArgs Estimate EstimateCostArgs Finding FindingLevel FisherArgs FrobeniusNormArgs GeometricArgs GradientRecord GradientsArgs HessianArgs HessianSample HessianSpectrumCallbackArgs HessianTraceRegularizerArgs IndexBlockArgs InputHessianArgs Jet KernelCall KernelRule LayerDirectionArgs LayerSelection LayerSlice LayerSpectrum LayerwiseSpectra LayerwiseSpectraArgs LinearOperator LogDeterminantArgs Logs LongWorkArgs LossSurface LossSurfaceArgs LoweredLearningRate MagnitudeOverlap MagnitudeOverlapArgs MatvecOperator MeasurementArgs Metric MetricContext MetricName MetricPoint MiniBatchEigenvaluesArgs NamedVariable NetworkOperator OptimizerEdge OptimizerRule PenalizedLoss PenaltyPoint PowerLaw PowerLawArgs ProbeDistribution ProductPlacement ProductSource ProductWorkers Progress Push QuadraticForm QuadraticFormArgs RitzValue RoundingErrorArgs SampleArgs SampleCost SampleCostEstimate SampleCurvatureArgs SampleFailure SampleRow SampleScope SampleService SampleWorker SampleWorkerEvent Schedule ScheduleContext ServeProductsArgs ServeSamplesArgs SharpnessStoppingArgs SimilarityEstimate SpectralDensity SpectralDensityArgs SpectralSimilarity SpectrumArgs SpectrumSource Stability StabilityArgs StabilityRecord StrengthSchedule SuggestStrengthArgs SuggestedStrength SurfaceDirection SurfaceDirections SweepPoint Tangents TensorFlowDataset TensorFlowIterator TensorsByName TraceArgs TraceMethod TraceOfFunctionArgs TracePenalty Trend TrendArgs TrendPoint TrendWindowArgs VariableGroups WarningCode WarningListener WeightBlockArgs WeightSelection WeightSlice WeightedLayer WhichEigenvalues WorkerScope",
          "values": "ClusterError DisposedError EdgeOfStabilityGuard EngineError EngineSetupError HessianSpectrumCallback HessianTraceRegularizer InvalidArgumentError NotAHessianError SharpnessStopping TfjsHessianError TfjsHessianWarning UnsupportedKernelError UnsupportedLayerError activationHessian advise allOf anyOf atBatches atEpochs attachRegularizer bilinear blockIndices bufferRun builtInMetrics compileTraining conditionNumber conjugateGradient constant coupling densityOf diagonal diagonalSquares edgeOfStability effectiveDimension effectiveRank eigenspace eigenvalues elementwise empiricalFisher estimateCost everyBatches everyEpochs explainStep fasterGradients fisher forLayer frobeniusNorm gaussNewton geometric hessian heterogeneity inputHessian layerwiseSpectra linear logDeterminant lossSurface magnitudeOverlap middleMostSimilar miniBatchEigenvalues negativeMass onTrainBegin onTrainEnd onWarning outliers penalized powerLaw powerLawExponent preconditioned quadraticForm registerOptimizer registerTangentRule relativeFlatness releaseGraphs residualHessian roundingError sampleCurvature serveProducts serveSamples shifted similarity similarityEstimate smooth spectralDensity spectralNormRatio spectrum stability subspaceOverlap suggestStrength toRows trace traceOfFunction traceShare trend trendOf when whenAbove withinBudget",
        },
        "keras": {
          "types": "LayerClass LoadKerasModelArgs LossOfSamples",
          "values": "loadKerasModel",
        },
        "metrics": {
          "types": "BatchSpread BlockGradient BlockSpectrum DensityCurve DensityCurveArgs DensityOfArgs DensityRecord Estimate GradientRecord LayerSpectrum LayerwiseSpectra Metric MetricContext MetricName Norms PowerLaw PowerLawArgs QuantileInterval RitzValue SimilarityEstimate SpectralDensity SpectralSimilarity StabilityRecord TopAndTrace Trend TrendArgs",
          "values": "batchSpread builtInMetrics densityOf edgeOfStability effectiveRank heterogeneity logSpectrumDistance logSpectrumDistanceEstimate middleMostSimilar negativeMass outliers powerLaw powerLawExponent relativeFlatness similarity similarityEstimate spectralNormRatio traceShare trendOf",
        },
        "node": {
          "types": "Engine EngineName LoadOptions NativePackageName SetupOptions SetupResult TensorFlow",
          "values": "loadTensorFlow setup",
        },
        "rules": {
          "types": "Attributes BilinearArgs Derivative ElementwiseArgs Jet KernelCall KernelInputs KernelRule LinearArgs LinearMap Push Runner Scaling Tangents VmapRule VmapRules",
          "values": "bilinear constant elementwise linear registerTangentRule",
        },
        "sinks": {
          "types": "FailureNote LogsNote ParquetArgs PenaltyNote RunSink Sink SinkArgs SummaryArgs TensorBoardArgs TrainingNote",
          "values": "csv ndjson parquet readNotes readSamples summary tensorBoard writeLossSurface",
        },
      }
    `);
  });
});
