// Run in a page: send frames over the tutorial's wire, and wait until each has come back.
async (frames) => {
  const line = new WebSocket(`ws://${location.host}/ws`);
  await new Promise((done) => { line.onopen = done; });
  let heard = 0;
  const all = new Promise((done, broken) => {
    line.onmessage = () => { heard += 1; if (heard === frames.length) done(); };
    line.onclose = (event) => broken(new Error(`closed with ${event.code} ${event.reason}`));
  });
  for (const frame of frames) line.send(frame);
  await all;
  line.onclose = null;
  line.close();
}
