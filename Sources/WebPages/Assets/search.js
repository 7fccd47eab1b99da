// The search over the names of all projects, and small conveniences: the address of this mirror, buttons that copy,
// and how long ago something was. Everything else of the pages is there without it.
"use strict";
(() => {
    const limit = 50;
    const form = document.getElementById("search");
    const query = document.getElementById("query");
    const state = document.getElementById("search-state");
    const results = document.getElementById("results");

    // All names in their order, with a space before, between and after them, in one string: as fast to look through as
    // the machine reads memory. A script sets it, since a browser reads nothing else from disk.
    let loading = null;
    function load() {
        loading ??= new Promise((resolve, reject) => {
            const script = document.createElement("script");
            script.src = "names.js";
            script.onload = () => resolve(globalThis.larderNames);
            script.onerror = () => {
                loading = null;
                script.remove();
                reject();
            };
            document.head.append(script);
        });
        return loading;
    }

    // As PEP 503 normalizes names, but for signs at the ends, which may be those of a name that is not whole yet.
    const normalized = (text) => text.trim().toLowerCase().replace(/[-_.\s]+/g, "-");

    function find(names, wanted) {
        const found = [];
        const seen = new Set();
        const collect = (pattern, offset) => {
            for (let at = names.indexOf(pattern); at >= 0; at = names.indexOf(pattern, at + 1)) {
                const start = names.lastIndexOf(" ", at + offset) + 1;
                const end = names.indexOf(" ", start);
                const name = names.slice(start, end);
                at = end - 1;
                if (seen.has(name)) continue;
                // One more than is shown tells that there are more.
                if (found.length > limit) return;
                seen.add(name);
                found.push(name);
            }
        };
        // Those that begin so lie side by side, that very name first.
        collect(" " + wanted, 0);
        if (found.length <= limit) collect(wanted, -1);
        return found;
    }

    function show(names) {
        const wanted = normalized(query.value);
        if (wanted === "" || wanted === "-") {
            results.replaceChildren();
            state.textContent = "";
            return;
        }
        const found = find(names, wanted);
        results.replaceChildren(...found.slice(0, limit).map((name) => {
            const link = document.createElement("a");
            link.href = "project/" + name + "/about.html";
            link.textContent = name;
            const item = document.createElement("li");
            item.append(link);
            return item;
        }));
        state.textContent = found.length === 0 ? "No project here has such a name."
            : found.length === 1 ? "1 project."
            : found.length <= limit ? found.length + " projects."
            : "The first " + limit + " are shown; there are more.";
    }

    function search() {
        if (query.value.trim() !== "" && globalThis.larderNames === undefined) {
            state.textContent = "Loading the names…";
        }
        load().then(show, () => {
            state.textContent = "The names could not be loaded; try again, or take the list of all projects.";
        });
    }

    form.hidden = false;
    query.addEventListener("focus", () => load().catch(() => {}));
    query.addEventListener("input", search);
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        const links = [...results.querySelectorAll("a")];
        const wanted = normalized(query.value);
        (links.find((link) => link.textContent === wanted) ?? (links.length === 1 ? links[0] : null))?.click();
    });
    // Beside Tab, the arrow keys go from the field through what was found and back.
    document.addEventListener("keydown", (event) => {
        if (!["ArrowDown", "ArrowUp", "Escape"].includes(event.key)) return;
        const links = [...results.querySelectorAll("a")];
        const place = links.indexOf(document.activeElement);
        if (place < 0 && document.activeElement !== query) return;
        if (event.key === "Escape") {
            if (place < 0) return;
            query.focus();
        } else {
            const next = place + (event.key === "ArrowDown" ? 1 : -1);
            if (next < 0) query.focus();
            else links[Math.min(next, links.length - 1)]?.focus();
        }
        event.preventDefault();
    });
    const asked = new URLSearchParams(location.search).get("q");
    if (asked) query.value = asked;
    if (query.value) search();

    const address = new URL("simple/", location.href);
    address.search = address.hash = "";
    for (const place of document.querySelectorAll(".index-url")) place.textContent = address.href;
    for (const hint of document.querySelectorAll(".placeholder")) hint.remove();

    const told = document.createElement("p");
    told.className = "skip";
    told.setAttribute("role", "status");
    document.body.append(told);
    async function copy(code) {
        try {
            await navigator.clipboard.writeText(code.textContent);
            return "Copied";
        } catch {
            // Without a secure context there is no clipboard: what is selected can be copied by hand.
            const range = document.createRange();
            range.selectNodeContents(code);
            getSelection().removeAllRanges();
            getSelection().addRange(range);
            return document.execCommand("copy") ? "Copied" : "Selected";
        }
    }
    for (const block of document.querySelectorAll("pre.command")) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = "Copy";
        button.setAttribute("aria-label", "Copy, for " + block.previousElementSibling.textContent);
        button.addEventListener("click", async () => {
            button.textContent = told.textContent = await copy(block.querySelector("code"));
            setTimeout(() => { button.textContent = "Copy"; told.textContent = ""; }, 2000);
        });
        block.append(button);
    }

    const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
    for (const time of document.querySelectorAll("main time")) {
        const age = (Date.now() - Date.parse(time.dateTime)) / 1000;
        const unit = units.find(([, seconds]) => age >= 2 * seconds);
        if (unit) time.after(" (" + Math.floor(age / unit[1]) + " " + unit[0] + "s ago)");
    }
})();
