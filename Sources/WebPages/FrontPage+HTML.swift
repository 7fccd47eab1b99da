internal import SimpleIndex

extension FrontPage {
    /// The page as HTML.
    package func html() -> [UInt8] {
        let frame = PageFrame(title: "Python package mirror", root: "", hasScript: true)
        return frame.page(capacity: 16_384 + history.count * 64) { writer in
            writer.markup("<h1>Python package mirror</h1>\n")
            writeSummary(to: &writer)
            writeSearch(to: &writer)
            writeFreshness(to: &writer)
            writeClients(to: &writer)
            writeCharts(to: &writer)
        } footer: { writer in
            writer.markup("<p>Made ")
            writer.moment(time)
            writer.element(" by Larder ", version, "")
            writer.markup(". <a href=\"status.json\">Status for programs</a></p>\n")
        }
    }

    private func writeSummary(to writer: inout HTMLWriter) {
        guard let tree else { return writer.markup("<p class=\"lead\">Nothing was published here yet.</p>\n") }
        writer.markup("<p class=\"lead\">This mirror holds <strong>")
        writer.text(Figure.of(tree.projects, "project"))
        writer.markup("</strong> with <strong>")
        writer.text(Figure.of(tree.files, "file"))
        writer.markup("</strong>, each checked against its SHA-256 before it was listed.</p>\n")
        guard isHeld else { return }
        writer.element(
            "<p class=\"notice\"><strong>Held back.</strong> Shown is generation ",
            "\(tree.generation)",
            " of "
        )
        writer.moment(tree.time)
        writer.markup(", to which its owners went back; what came since is not shown until they publish again.</p>\n")
    }

    private func writeSearch(to writer: inout HTMLWriter) {
        writer.markup("<section aria-labelledby=\"search-title\">\n<h2 id=\"search-title\">Find a project</h2>\n")
        writer.markup(
            "<noscript><p>The search needs JavaScript; <a href=\"simple/index.html\">the list of all projects</a> "
        )
        writer.markup("does not.</p></noscript>\n<form id=\"search\" role=\"search\" hidden>\n")
        writer.markup("<label for=\"query\">Name of a project</label>\n")
        writer.markup("<input id=\"query\" name=\"q\" type=\"search\" autocomplete=\"off\" autocapitalize=\"none\" ")
        writer.markup("spellcheck=\"false\" maxlength=\"256\" aria-describedby=\"search-state\">\n</form>\n")
        writer.markup("<p id=\"search-state\" role=\"status\"></p>\n<ul id=\"results\"></ul>\n</section>\n")
    }

    private func writeFreshness(to writer: inout HTMLWriter) {
        writer.markup(
            "<section aria-labelledby=\"fresh-title\">\n<h2 id=\"fresh-title\">How fresh it is</h2>\n<dl class=\"facts\">\n"
        )
        writer.term("Last sync") { writer in
            guard let sync else { return writer.markup("never") }
            writer.moment(sync.finished)
            writer.element(", ", sync.outcome == "partial" ? "complete in part" : sync.outcome, "")
        }
        writer.term("Waiting at the last sync") { writer in
            guard let lag = sync?.lag else { return writer.markup("not known") }
            lag == 0 ? writer.markup("nothing") : writer.text("\(Figure.of(lag, "project")), to be asked for again")
        }
        writer.term("Serials") { writer in writeSerials(to: &writer) }
        writer.term("Verified") { writer in writeCoverage(to: &writer) }
        writer.term("Last verification") { writer in
            guard let verification else { return writer.markup("never") }
            writer.moment(verification.finished)
            if verification.findings == 0 { return writer.markup(", found nothing wrong in what it looked at") }
            writer.text(", left \(Figure.of(verification.findings, "finding"))")
        }
        writer.term("Store") { writer in
            guard let size else { return writer.markup("not counted yet") }
            writer.text("\(Figure.bytes(size.bytes)) in \(Figure.of(size.objects, "object")), counted ")
            writer.moment(size.time)
        }
        if let tree {
            writer.term("Generation") { writer in
                writer.text("\(tree.generation), made ")
                writer.moment(tree.time)
            }
            writer.term("Tree digest") { $0.element("<code class=\"hash\">", tree.digest, "</code>") }
        }
        if !snapshots.isEmpty {
            writer.term("Snapshots") { writer in
                for (index, name) in snapshots.enumerated() {
                    if index > 0 { writer.markup(", ") }
                    writer.element("<a href=\"snapshots/", name, "/simple/index.html\">")
                    writer.element("", name, "</a>")
                }
            }
        }
        writer.markup("</dl>\n</section>\n")
    }

    private func writeSerials(to writer: inout HTMLWriter) {
        guard let tree else { return writer.markup("none yet") }
        writer.element("", Figure.count(tree.serial), " on pages, ")
        guard let serial = upstreamSerial else { return writer.markup("not told by upstream") }
        writer.element("", Figure.count(serial), " upstream as it told last")
        if serial > tree.serial {
            writer.element(
                ": ",
                Figure.count(serial - tree.serial),
                " later, which may be of projects that are not here"
            )
        }
    }

    private func writeCoverage(to writer: inout HTMLWriter) {
        guard let verification else {
            return writer.markup("never checked since the files arrived")
        }
        if verification.objects == 0 {
            writer.markup("there was nothing to check")
        } else {
            writer.text(Figure.percent(Double(verification.covered) * 100 / Double(verification.objects)))
            writer.text(" of \(Figure.of(verification.objects, "object")) ")
            if let age = verification.maximumAge {
                writer.text("were checked within \(Figure.span(age))")
            } else {
                writer.markup("were read again since they arrived")
            }
        }
        switch verification.oldestCheck {
        case nil: break
        case 0?: writer.markup("; of some it is not known when")
        case let time?:
            writer.markup("; the oldest check was ")
            writer.moment(time)
        }
    }

    private func writeCharts(to writer: inout HTMLWriter) {
        guard let last = history.last else { return }
        writer.markup("<section aria-labelledby=\"chart-title\">\n<h2 id=\"chart-title\">Growth and freshness</h2>\n")
        writer.markup("<div class=\"charts\">\n")
        SyncChart(history: history, today: max(last.day, CalendarDay(ofSeconds: time))).write(to: &writer)
        if history.count > 1 {
            let count: (Double) -> String = { Figure.count(Int($0)) }
            GrowthChart(name: "Projects", points: history.map { ($0.day, Double($0.projects)) }, label: count)
                .write(to: &writer)
            GrowthChart(name: "Files", points: history.map { ($0.day, Double($0.files)) }, label: count).write(
                to: &writer
            )
            let sizes = history.compactMap { figures in figures.bytes.map { (figures.day, Double($0)) } }
            GrowthChart(name: "Size", points: sizes) { Figure.bytes(UInt64($0)) }.write(to: &writer)
        }
        writer.markup(
            "</div>\n<p>Of each day of the freshness chart, a high bar tells of a complete sync, a low one of syncs that "
        )
        writer.markup("were complete in part, and none of no sync.</p>\n")
        if history.count < 2 { writer.markup("<p>Growth is drawn from the second day on.</p>\n") }
        writeTable(to: &writer)
        writer.markup("</section>\n")
    }

    /// The same figures as a table: of the last month each day, before that the first of each month.
    private func writeTable(to writer: inout HTMLWriter) {
        writer.markup("<details><summary>The same as a table</summary>\n<table><thead><tr><th scope=\"col\">Day</th>")
        writer.markup("<th scope=\"col\">Projects</th><th scope=\"col\">Files</th><th scope=\"col\">Size</th>")
        writer.markup("<th scope=\"col\">Complete syncs</th><th scope=\"col\">Others</th></tr></thead>\n<tbody>\n")
        let recent = history.suffix(31)
        for figures in history.dropLast(recent.count).filter(\.day.isFirstOfMonth) + recent {
            writer.element("<tr><th scope=\"row\">", "\(figures.day)", "</th>")
            let bytes = figures.bytes.map { Figure.bytes($0) } ?? "not counted"
            for text in [Figure.count(figures.projects), Figure.count(figures.files), bytes] {
                writer.element("<td>", text, "</td>")
            }
            for count in [figures.completeSyncs, figures.otherSyncs] {
                writer.element("<td>", Figure.count(count), "</td>")
            }
            writer.markup("</tr>\n")
        }
        writer.markup("</tbody></table></details>\n")
    }
}
