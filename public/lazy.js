// What is loaded when it is first wanted.

/**
 * `get()` is what `load()` promised, or null as long as it is not there; `want()` starts loading when needed, and promises
 * what `get()` is then. `ready()` is called when it has come. A load that failed is tried again at the next wish.
 */
export function lazy(load, ready) {
  let made = null;
  let loading = null;
  return {
    get: () => made,
    want() {
      loading ??= load().then(
        (value) => {
          made = value;
          ready();
          return made;
        },
        () => {
          loading = null;
          return null;
        },
      );
      return loading;
    },
  };
}
