// Run in an empty page: how far two pictures (PNG in base64) differ at most, in steps of 255 of one colour; 255 when
// their sizes differ.
async ([one, other]) => {
  const pixels = async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  };
  const [before, after] = [await pixels(one), await pixels(other)];
  if (before.width !== after.width || before.height !== after.height) return 255;
  return before.data.reduce((most, value, index) => Math.max(most, Math.abs(value - after.data[index])), 0);
}
