import Mirror

extension BundleProgress.Snapshot {
    /// An export or an import at one moment, in one line.
    ///
    /// - Parameters:
    ///   - seconds: How long it takes so far.
    ///   - isImport: Which of the two it is.
    /// - Returns: The line.
    func line(after seconds: Double, isImport: Bool) -> String {
        switch phase {
        case .planning:
            return "looking: projects \(Quantity.share(projects.done, of: max(projects.done, projects.total)))"
        case .placing: return "placing: \(Quantity.of(projects.done, "project"))"
        case .publishing: return "publishing…"
        case .volumes:
            let elapsed = max(seconds - phaseStart.inSeconds, 0.001)
            let rate = Double(bytes.done) / elapsed
            var parts = [
                "\(isImport ? "reading" : "writing"): volumes \(Quantity.share(volumes.done, of: volumes.total))"
            ]
            parts.append("\(Quantity.bytes(bytes.done)) at \(Quantity.bytes(UInt64(rate)))/s")
            if elapsed > 2, rate > 0, bytes.total > bytes.done {
                parts.append("about \(Quantity.duration(Double(bytes.total - bytes.done) / rate)) left")
            }
            return parts.joined(separator: " · ")
        }
    }
}
