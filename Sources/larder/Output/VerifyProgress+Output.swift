import Mirror

extension VerifyProgress.Snapshot {
    /// A verification at one moment, in one line.
    ///
    /// - Parameter seconds: How long it takes so far.
    /// - Returns: The line.
    func line(after seconds: Double) -> String {
        var parts: [String]
        switch phase {
        case .pages: parts = ["index: pages \(Quantity.share(items.done, of: max(items.done, items.total)))"]
        case .index: parts = ["index: rows \(Quantity.share(items.done, of: max(items.done, items.total)))"]
        case .names: parts = ["names: objects \(Quantity.share(items.done, of: max(items.done, items.total)))"]
        case .publication:
            parts = ["publication: projects \(Quantity.share(items.done, of: max(items.done, items.total)))"]
        case .repair: return "repair: findings \(Quantity.share(items.done, of: items.total))"
        case .coverage: parts = ["adding up the ages of checks…"]
        case .content:
            let elapsed = max(seconds - phaseStart.inSeconds, 0.001)
            let rate = Double(bytes.done) / elapsed
            parts = ["content: objects \(Quantity.share(items.done, of: items.total))"]
            parts.append("\(Quantity.bytes(bytes.done)) at \(Quantity.bytes(UInt64(rate)))/s")
            if elapsed > 2, rate > 0, bytes.total > bytes.done {
                parts.append("about \(Quantity.duration(Double(bytes.total - bytes.done) / rate)) left")
            }
        }
        if findings > 0 { parts.append(Quantity.of(findings, "finding")) }
        return parts.joined(separator: " · ")
    }
}
