// A player as a web page has it, with what a test asks of it. Every function that waits gives a promise.
"use strict";

const video = document.getElementById("video");
const canvas = document.createElement("canvas");
const problems = []; // what hls.js and the browser complain of, in order
const shown = []; // [the player's time, the number of the frame] of every frame so far
const loaded = []; // numbers of the segments that were fetched
let hls;

const event = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// The number that the shown frame carries (film.py); null while no such frame is shown.
function frame() {
  if (!video.videoWidth || video.readyState < 2) return null;
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0);
  const pixels = context.getImageData(0, 18, canvas.width, 1).data;
  const bits = Array.from({ length: 16 }, (_, block) => (pixels[(block * 20 + 10) * 4] > 127 ? 1 : 0));
  const number = (from, to) => bits.slice(from, to).reduce((value, bit) => 2 * value + bit, 0);
  const found = number(2, 13);
  return number(0, 2) === 2 && number(13, 16) === found % 7 ? found : null;
}

// The subtitles that are shown now: [their first second, their text] each.
function cues() {
  const shown = [...video.textTracks].filter((track) => track.mode === "showing");
  return shown.flatMap((track) => [...(track.activeCues || [])].map((cue) => [cue.startTime, cue.text]));
}

// Loads the master playlist at `address` and plays, and gives the film's length in seconds once it runs.
async function load(address) {
  hls = new Hls({ maxBufferLength: 6, maxMaxBufferLength: 6, enableWorker: false });
  hls.on(Hls.Events.ERROR, (_, data) => {
    const reason = data.reason || (data.error && data.error.message) || "";
    problems.push({ details: data.details, fatal: data.fatal, reason, at: video.currentTime });
  });
  hls.on(Hls.Events.FRAG_LOADED, (_, data) => data.frag.type === "main" && loaded.push(data.frag.sn));
  video.addEventListener("error", () => problems.push({ details: video.error.message, fatal: true }));
  hls.loadSource(address);
  hls.attachMedia(video);
  video.requestVideoFrameCallback(look);
  await video.play();
  return video.duration;
}

function look(_, frameData) {
  shown.push([frameData.mediaTime, frame()]);
  video.requestVideoFrameCallback(look);
}

// Switches the first of the film's subtitles on, and gives the names of all.
function showSubtitles() {
  hls.subtitleTrack = 0;
  return hls.subtitleTracks.map((track) => track.name);
}

// Plays on to `end` (seconds), and gives what was shown so far: [the player's time, the frame's number] each.
async function playTo(end) {
  await video.play();
  while (video.currentTime < end && !video.ended) await pause(20);
  video.pause();
  return shown;
}

async function seek(seconds) {
  const arrived = event(video, "seeked");
  video.currentTime = seconds;
  await arrived;
  return video.currentTime;
}

// Everything that a test may want to know at once.
function state() {
  const ranges = [...Array(video.buffered.length).keys()];
  return {
    time: video.currentTime,
    frame: frame(),
    cues: cues(),
    buffered: ranges.map((index) => [video.buffered.start(index), video.buffered.end(index)]),
    soundBytes: video.webkitAudioDecodedByteCount,
    loaded,
    problems,
  };
}

window.player = { load, showSubtitles, playTo, seek, state };
