/** What is heard at this moment, by the browser's own analyser between the element and the loudspeaker. */

/** Bins of six hertz at the usual rates. */
const FFT_SIZE = 8192;
/** Decibels below which there is nothing to hear. */
const FLOOR_DB = -60;

/** Listens to the element; call it once. The returned function gives null for silence. */
export function listenTo(video: HTMLVideoElement): () => number | null {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: FFT_SIZE, smoothingTimeConstant: 0 });
  context.createMediaElementSource(video).connect(analyser).connect(context.destination);
  void context.resume();
  const levels = new Float32Array(analyser.frequencyBinCount);
  return () => {
    analyser.getFloatFrequencyData(levels);
    const loudest = levels.reduce((best, level, bin) => (level > (levels[best] ?? 0) ? bin : best), 0);
    return (levels[loudest] ?? FLOOR_DB) <= FLOOR_DB ? null : (loudest * context.sampleRate) / FFT_SIZE;
  };
}
