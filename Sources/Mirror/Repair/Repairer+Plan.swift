internal import Configuration
internal import Digest
internal import SystemPackage

/// What a repair would do.
extension Repairer {
    /// Tells for each finding what a repair would do, and changes nothing.
    func tellPlan() async throws(MirrorError) {
        let found = findings
        let byObject = Dictionary(grouping: objectIndices) { found[$0].object }
        let objects = byObject.compactMap { digest, indices in digest.map { (digest: $0, indices: indices) } }
        for object in try await examine(objects) where !object.isObstructed {
            if object.isHere {
                settle(object.indices, .left, "it is here again, and would be put back into the record")
                continue
            }
            var places: [String] = []
            if object.uses.contains(where: { $0.wheel != nil }) { places.append("the wheel") }
            switch options.source {
            case .root(let root): places.append(root.string)
            case .index(let url): places.append(url.text)
            case nil: break
            }
            for case let url? in object.uses.map(\.url) where !places.contains(url) { places.append(url) }
            let text =
                places.isEmpty
                ? "would be withdrawn: nothing says where it could be had"
                : "would be asked for from \(places.joined(separator: ", then ")), and withdrawn when none has it"
            settle(object.indices, .left, text)
        }
        let copies = indices(of: Self.objectKinds.union([.badMode])).filter { found[$0].isAboutCopy }
        settle(copies, .left, "would be replaced by a copy of its object")
        settle(indices(of: [.badMode]).filter { !found[$0].isAboutCopy }, .left, "the mode would be set to 0444")
        settle(indices(of: [.recordCorrupt]), .left, "would be made anew from upstream")
        let rows = indices(of: [.indexDangling]).filter { found[$0].project != nil && found[$0].isAboutRecord }
        settle(rows, .left, "the index would be made to know the record as it is")
        let ofPages = indices(of: [.publicationDangling, .pageMismatch])
        let ofCompanions = ofPages.filter { found[$0].isAboutCompanion }
        settle(ofCompanions, .left, "would be taken off the page until a sync has it again")
        settle(ofPages.filter { !found[$0].isAboutCompanion }, .left, "would be made anew by a publication")
    }
}
