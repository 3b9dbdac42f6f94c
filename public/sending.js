// One request whose body's way is told as it goes. A browser's fetch does not tell.

// No byte for so long is a line that is dead.
const STALL_MS = 30_000;

/** Promises {status, header(name), text}; rejects where the line was cut, was silent for long, or `signal` ended it. */
export function send({ method, path, headers, body, progress, signal }) {
  return new Promise((done, broken) => {
    const request = new XMLHttpRequest();
    let timer = null;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), STALL_MS);
    };
    request.open(method, path);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (progress !== null) {
      request.upload.onprogress = ({ loaded }) => {
        alive();
        progress(loaded);
      };
    }
    request.onreadystatechange = alive;
    request.onloadend = () => {
      clearTimeout(timer);
      if (request.status === 0) broken(new Error("cut off"));
      else done({ status: request.status, header: (name) => request.getResponseHeader(name), text: request.responseText });
    };
    signal.addEventListener("abort", () => request.abort());
    alive();
    request.send(body);
  });
}
