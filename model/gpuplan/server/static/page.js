"use strict";
// The page of `gpuplan serve`. Text from the server is set as text; the summary alone is HTML, which the server escapes.

const token = new URLSearchParams(location.hash.slice(1)).get("token") || "";
const $ = (id) => document.getElementById(id);
let opened = null;
let question = null;

async function call(path, options = {}) {
  const headers = { Authorization: `Bearer ${token}` };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(`/api/${path}`, { ...options, headers }).catch(() => {
    throw new Error("The server cannot be reached: it has ended, or the connection is lost.");
  });
  if (!answer.ok) {
    const told = await answer.json().catch(() => null);
    const faults = told && told.faults ? told.faults : [{ message: `the server said ${answer.status}`, way_out: "", path: "" }];
    throw new Error(faults.map((one) => [one.path, one.message, one.way_out].filter(Boolean).join(": ")).join("\n"));
  }
  return answer;
}

// A failure is told on the page, never thrown into the console.
function told(work) {
  return async (...given) => {
    $("fault").textContent = "";
    try {
      await work(...given);
    } catch (error) {
      $("fault").textContent = error.message;
    }
  };
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const GROUPS = { limit: "Limits", price: "Prices", date: "Dates", supply: "Supply", capacity: "Capacity" };

function field(figure) {
  const isDay = figure.unit === "days";
  const input = element("input", { type: isDay ? "date" : "number", value: figure.value, step: "any" });
  const unit = figure.unit === "money" ? opened.currency : isDay ? "" : figure.unit;
  const label = element("label", {}, `${figure.path}${unit ? `, ${unit}` : ""} `, input);
  const box = element("div", { className: "figure" }, label);
  box.dataset.path = figure.path;
  box.dataset.value = figure.value;
  const parts = [input];
  const value = Number(figure.value);
  if (!isDay && value > 0) {
    const most = figure.unit === "share" ? 1 : value * 2;
    const slider = element("input", { type: "range", min: 0, max: most, step: Number.isInteger(value) ? Math.max(1, Math.round(value / 1000)) : "any" });
    slider.value = figure.value;
    slider.setAttribute("aria-label", `${figure.path}, slider`);
    slider.addEventListener("input", () => { input.value = slider.value; changed(box, input); });
    input.addEventListener("input", () => { slider.value = input.value; });
    box.append(slider);
    parts.push(slider);
  }
  input.addEventListener("input", () => changed(box, input));
  box.reset = () => { parts.forEach((one) => { one.value = figure.value; }); changed(box, input); };
  return box;
}

function changed(box, input) {
  box.classList.toggle("changed", input.value !== "" && input.value !== box.dataset.value);
  box.dataset.now = input.value;
  showEdits();
}

function dropper(offer) {
  const input = element("input", { type: "checkbox" });
  const box = element("div", { className: "figure" }, element("label", {}, input, ` without the offer ${offer}`));
  box.dataset.path = `offers.${offer}`;
  input.addEventListener("change", () => { box.classList.toggle("changed", input.checked); showEdits(); });
  box.reset = () => { input.checked = false; box.classList.remove("changed"); };
  box.dataset.drop = "yes";
  return box;
}

function edits() {
  const dropped = [...document.querySelectorAll(".figure.changed[data-drop]")].map((box) => box.dataset.path);
  const set = [...document.querySelectorAll(".figure.changed:not([data-drop])")]
    .filter((box) => !dropped.some((offer) => box.dataset.path.startsWith(`${offer}.`)))
    .map((box) => `${box.dataset.path} = ${box.dataset.now}`);
  const scenario = opened && $("scenario").value ? opened.scenarios[$("scenario").value] : [];
  const further = $("further").value.split("\n").map((line) => line.trim()).filter(Boolean);
  return [...scenario, ...set, ...dropped.map((path) => `${path} remove`), ...further];
}

function showEdits() {
  $("edits").textContent = edits().join("\n") || "none";
}

function find() {
  const words = $("find").value.toLowerCase();
  document.querySelectorAll(".figure").forEach((box) => { box.hidden = !box.dataset.path.toLowerCase().includes(words); });
  if (words) document.querySelectorAll("#figures details").forEach((group) => { group.open = true; });
}

// Nothing of one instance is asked of another: until the new one is there, there is nothing to solve or to keep.
function clear() {
  opened = null;
  $("figures").replaceChildren();
  $("further").value = "";
  $("solve").disabled = $("keep").disabled = true;
  scenarios();
}

async function open() {
  clear();
  const file = $("instance").value;
  const found = await (await call(`instances/${encodeURIComponent(file)}`)).json();
  if (file !== $("instance").value) return; // another was chosen meanwhile, and may have come first
  opened = found;
  const groups = Object.entries(GROUPS).map(([kind, title]) => {
    const fields = opened.figures.filter((one) => one.kind === kind).map(field);
    return element("details", { open: kind === "limit" }, element("summary", {}, `${title} (${fields.length})`), ...fields);
  });
  groups.push(element("details", {}, element("summary", {}, `Offers (${opened.offers.length})`), ...opened.offers.map(dropper)));
  $("figures").replaceChildren(...groups);
  $("solve").disabled = $("keep").disabled = false;
  scenarios();
}

function scenarios(chosen = "") {
  const names = Object.keys(opened ? opened.scenarios : {}).map((name) => element("option", { value: name }, name));
  $("scenario").replaceChildren(element("option", { value: "" }, "none"), ...names);
  $("scenario").value = chosen;
  showEdits();
}

function short(value) {
  return value === null ? "-" : Number(value).toPrecision(6);
}

function show(now) {
  const gap = now.gap === null ? "" : `, gap ${(100 * now.gap).toPrecision(3)} %`;
  const best = now.incumbent === null ? "no plan yet" : `best ${short(now.incumbent)}, bound ${short(now.bound)}${gap}`;
  const said = {
    queued: "Waiting for its turn.",
    running: `${now.doing || "starting"}: ${best}; ${now.seconds.toFixed(0)} s`,
    done: `Done in ${now.seconds.toFixed(1)} s. Base: ${now.base}. Edited: ${now.edited}.`,
    cancelled: `Cancelled after ${now.seconds.toFixed(1)} s. Base: ${now.base || "no answer"}. Edited: ${now.edited || "no answer"}.`,
    failed: `Failed: ${now.fault}`,
  };
  $("status").textContent = said[now.state];
  $("status").dataset.state = now.state;
  const ended = ["done", "cancelled", "failed"].includes(now.state);
  $("cancel").disabled = ended;
  $("progress").hidden = ended;
  return ended;
}

async function watch(id) {
  const answer = await call(`questions/${id}/events`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const now = JSON.parse(event.replace(/^data: /, ""));
      if (question !== id) return null;
      if (show(now)) return now;
    }
  }
  return (await call(`questions/${id}`)).json();
}

async function solve() {
  $("answer").replaceChildren();
  $("exports").hidden = true;
  const body = JSON.stringify({ file: opened.file, edits: edits(), gap: Number($("gap").value), seconds: Number($("seconds").value) });
  const asked = await (await call("questions", { method: "POST", body })).json();
  question = asked.id;
  show(asked);
  const now = await watch(asked.id);
  if (now === null || now.base === "") return;
  show(now);
  $("answer").innerHTML = await (await call(`questions/${asked.id}/summary`)).text();
  $("exports").hidden = false;
}

async function save(button) {
  const answer = await call(`questions/${question}/${button.dataset.export}`);
  const link = element("a", { href: URL.createObjectURL(await answer.blob()), download: button.dataset.file });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function keep() {
  const name = $("name").value.trim();
  if (!name) throw new Error("Name the scenario first.");
  const now = edits();
  if (!now.length) throw new Error("There is nothing to keep: change something first.");
  const path = `instances/${encodeURIComponent(opened.file)}/scenarios/${encodeURIComponent(name)}`;
  await call(path, { method: "PUT", body: JSON.stringify({ edits: now }) });
  opened.scenarios[name] = now;
  reset();
  scenarios(name);
}

function reset() {
  document.querySelectorAll(".figure").forEach((box) => box.reset());
  $("further").value = "";
  $("scenario").value = "";
  showEdits();
}

async function start() {
  const files = await (await call("instances")).json();
  $("instance").replaceChildren(...files.map((file) => element("option", { value: file }, file)));
  if (files.length) await open();
}

$("instance").addEventListener("change", told(open));
$("scenario").addEventListener("change", showEdits);
$("further").addEventListener("input", showEdits);
$("find").addEventListener("input", find);
$("form").addEventListener("submit", (event) => event.preventDefault());
$("solve").addEventListener("click", told(solve));
$("cancel").addEventListener("click", told(async () => { if (question) show(await (await call(`questions/${question}`, { method: "DELETE" })).json()); }));
$("reset").addEventListener("click", reset);
$("keep").addEventListener("click", told(keep));
document.querySelectorAll("[data-export]").forEach((button) => button.addEventListener("click", told(() => save(button))));
told(start)();
