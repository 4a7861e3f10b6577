/** Images of ten classes as bytes, and which class each is of. */
export interface Images {
  readonly shape: readonly [height: number, width: number, channels: number];
  /** One image after the other, [height, width, channels] each, 0 to 255. */
  readonly pixels: Uint8Array;
  /** 0 to 9. */
  readonly labels: Uint8Array;
}

/** What training and validation images are drawn from, and the test images. */
export interface DataSet {
  readonly pool: Images;
  readonly test: Images;
}

/** The images at some places. */
export function imagesAt({shape, pixels, labels}: Images, places: readonly number[]): Images {
  const size = shape[0] * shape[1] * shape[2];
  const chosen = new Uint8Array(places.length * size);
  places.forEach((place, i) => {
    chosen.set(pixels.subarray(place * size, (place + 1) * size), i * size);
  });
  return {shape, pixels: chosen, labels: Uint8Array.from(places, place => labels[place]!)};
}
