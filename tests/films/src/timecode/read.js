(source) => {
  // The numbers are those of timecode.rs.
  const BITS = 20, CHECK = 8, CELLS = 2 + BITS + CHECK + 2, CELL = 1 / 40, LEFT = 0.1, TOP = 0.93, BOTTOM = 0.97;
  const width = source.videoWidth || source.displayWidth || source.naturalWidth || source.width;
  const height = source.videoHeight || source.displayHeight || source.naturalHeight || source.height;
  if (!width || !height) return null;
  // Each cell becomes 4 x 4 pixels; the middle four are read.
  const side = 4;
  const scope = globalThis;
  const canvas = scope.__timecodeCanvas ??= Object.assign(document.createElement('canvas'), { width: CELLS * side, height: side });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, LEFT * width, TOP * height, CELLS * CELL * width, (BOTTOM - TOP) * height, 0, 0, CELLS * side, side);
  const pixels = context.getImageData(0, 0, CELLS * side, side).data;
  const levels = [];
  for (let cell = 0; cell < CELLS; cell++) {
    let sum = 0;
    for (const row of [1, 2]) for (const column of [1, 2]) {
      const at = (row * CELLS * side + cell * side + column) * 4;
      sum += 0.2126 * pixels[at] + 0.7152 * pixels[at + 1] + 0.0722 * pixels[at + 2];
    }
    levels.push(sum / 4);
  }
  const white = Math.min(levels[0], levels[CELLS - 1]), black = Math.max(levels[1], levels[CELLS - 2]);
  if (white - black < 60) return null;
  const word = levels.slice(2, -2).reduce((word, level) => word * 2 + (level > (white + black) / 2 ? 1 : 0), 0);
  const number = Math.floor(word / 256);
  let crc = 0xff;
  for (const shift of [16, 8, 0]) {
    crc ^= (number >> shift) & 0xff;
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x80) ? (crc << 1) ^ 0x07 : crc << 1) & 0xff;
  }
  return crc === word % 256 ? number : null;
}
