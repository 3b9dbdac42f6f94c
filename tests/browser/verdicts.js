// Run in the page: what it thinks of names. Of each character in `all` a digit: 1 if it may stand alone, and 2 more if
// it may after a letter. Texts both ways, for lists of as many numbers take several times as long.
async (all) => {
  const { nameProblem, roomProblem } = await import("/names.js");
  const verdict = (name) => {
    const fine = nameProblem(name) === null;
    if (fine !== (roomProblem(name) === null)) throw new Error(`two minds about ${escape(name)}`);
    return fine;
  };
  return Array.from(all, (character) => verdict(character) + 2 * verdict(`a${character}a`)).join("");
}
