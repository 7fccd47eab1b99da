import Mirror

extension SyncProgress.Snapshot {
    /// A sync at one moment, in one line.
    ///
    /// - Parameter seconds: How long it takes so far.
    /// - Returns: The line.
    func line(after seconds: Double) -> String {
        switch phase {
        case .planning: return "asking upstream what it has…"
        case .finished: return "done"
        case .publishing where views.total == 0 && links != nil: return links?.progressLine ?? ""
        case .publishing: return "publishing \(Quantity.share(views.done, of: views.total)) projects"
        case .fetching:
            var parts = ["projects \(Quantity.share(projects.done, of: projects.total))"]
            parts.append("files \(Quantity.share(files.done, of: files.total))")
            let rate = UInt64(Double(bytes) / seconds)
            parts.append("\(Quantity.bytes(bytes)) at \(Quantity.bytes(rate))/s")
            if let rest = remaining(after: seconds) { parts.append("about \(Quantity.duration(rest)) left") }
            if retries > 0 { parts.append(Quantity.of(retries, "repeated attempt")) }
            if !hostsDown.isEmpty { parts.append("out of reach: \(hostsDown.joined(separator: ", "))") }
            if failures > 0 {
                parts.append(Quantity.of(failures, "failure") + (lastFailure.map { ", last: \($0)" } ?? ""))
            }
            return parts.joined(separator: " · ")
        }
    }

    /// How long the rest takes when it goes on as it went so far; `nil` while too little is known.
    private func remaining(after seconds: Double) -> Double? {
        guard seconds > 2, projects.done > 0, projects.total > projects.done else { return nil }
        return seconds / Double(projects.done) * Double(projects.total - projects.done)
    }
}
