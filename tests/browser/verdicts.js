// Run in the page: what it thinks of names. `points` are code points; for each of them, whether it may stand alone, and
// whether after a letter.
async (points) => {
  const { nameProblem, roomProblem } = await import("/names.js");
  const verdict = (name) => {
    const fine = nameProblem(name) === null;
    if (fine !== (roomProblem(name) === null)) throw new Error(`two minds about ${escape(name)}`);
    return fine;
  };
  return points.map((point) => [verdict(String.fromCodePoint(point)), verdict(`a${String.fromCodePoint(point)}a`)]);
}
