// Run in a page: people who speak `chatd.v1`, each on a line of their own, which stays open as long as the page.
// `people` are {name, commands}: who is new says hello as `name` and joins the lobby first. Resolves to the replies of
// each, once all have come.
async (people) => {
  window.crowd ??= new Map();
  const speak = ({ name, commands = [] }) => new Promise((done, broken) => {
    const known = crowd.get(name);
    const line = known ?? new WebSocket(`ws://${location.host}/ws`, ["chatd.v1"]);
    const all = known ? commands : [{ type: "hello", name }, { type: "join", room: "lobby" }, ...commands];
    const replies = [];
    const next = () => {
      if (replies.length === all.length) done(replies);
      else line.send(JSON.stringify({ ...all[replies.length], ref: "crowd" }));
    };
    line.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.ref !== "crowd") return;
      replies.push(frame);
      next();
    };
    line.onclose = ({ code, reason }) => broken(new Error(`closed with ${code} ${reason}`));
    crowd.set(name, line);
    if (known) next();
    else line.onopen = next;
  });
  return Promise.all(people.map(speak));
}
