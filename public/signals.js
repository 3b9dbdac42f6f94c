// How one is called while one does not look at the page: a notification, a sound. A browser may have neither. It is loaded
// when somebody is called first.

import { saidIn } from "./attached.js";
import { t } from "./words.js";

const TONE = { hertz: 660, seconds: 0.18, volume: 0.08 };
const LONGEST = 200;

/** Why there can be no notifications here, for a person, or null. */
export function alertsProblem() {
  if (!window.isSecureContext) return t("This browser allows notifications only over https. This page came over plain http.");
  if (!("Notification" in window)) return t("This browser has no notifications.");
  if (Notification.permission === "denied") return t("This browser was told to show no notifications of this page.");
  return null;
}

/** Ask for leave to show some; only ever on a click. Resolves to whether they may be shown. */
export async function askForAlerts() {
  if (alertsProblem() !== null) return false;
  return (await Notification.requestPermission()) === "granted";
}

/** Tell the person of a message, by what `settings` allow; a click on it calls `open`. */
export function tell(event, settings, open) {
  // Whoever looks at the page sees it there.
  if (!document.hidden && document.hasFocus()) return;
  if (settings.sound) ring();
  if (!settings.alerts || alertsProblem() !== null || Notification.permission !== "granted") return;
  let one;
  try {
    one = new Notification(event.from.name, { body: saidIn(event).slice(0, LONGEST), tag: event.room, icon: "/icon.svg" });
  } catch (refusal) {
    // A phone may want a service worker for it.
    return;
  }
  one.onclick = () => {
    window.focus();
    one.close();
    open();
  };
}

/** One short soft tone. */
export function ring() {
  const Context = window.AudioContext;
  if (Context === undefined) return;
  const audio = new Context();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.value = TONE.hertz;
  volume.gain.setValueAtTime(TONE.volume, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + TONE.seconds);
  tone.connect(volume).connect(audio.destination);
  tone.onended = () => audio.close();
  tone.start();
  tone.stop(audio.currentTime + TONE.seconds);
}
