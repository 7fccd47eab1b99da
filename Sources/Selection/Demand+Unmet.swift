package import Packaging
internal import Requirements
package import SimpleIndex

extension Demand {
    /// What is asked for and not on a page.
    ///
    /// - Parameters:
    ///   - files: The files on the page.
    ///   - project: The project.
    /// - Returns: A line for each thing that is missing, and who asks.
    package func unmet(by files: [PageFile], of project: ProjectName) -> [(what: String, rule: Rule)] {
        // A closure asks for what is there, but not so who states from where it starts.
        if case .kept(_, let limits) = scope {
            return limits.demands.flatMap { $0.unmet(by: files, of: project) }
        }
        return unmet(by: Array(CandidatePage(files, of: project).candidates), of: project).map { ($0, rule) }
    }

    private func unmet(by candidates: [Candidate], of project: ProjectName) -> [String] {
        switch scope {
        case .everything, .kept: return []
        case .releases(let specifiers):
            return candidates.contains(where: asks) ? [] : ["no file of \(project)\(specifiers)"]
        case .requirement(let stated, let constraints):
            guard !candidates.contains(where: asks) else { return [] }
            let limits = constraints.isEmpty ? "" : " within its constraints"
            return ["no file of \(stated.requirement.name)\(stated.requirement.specifiers)\(limits)"]
        case .locked(let locked): return locked.packages.flatMap { Self.missing($0, among: candidates) }
        }
    }

    /// The files on a page that are asked for exactly.
    ///
    /// - Parameters:
    ///   - demands: What asks for files of the project.
    ///   - files: The files on the page.
    ///   - project: The project.
    /// - Returns: Their names.
    package static func exactFiles(
        of demands: [Demand],
        among files: [PageFile],
        of project: ProjectName
    ) -> Set<String> {
        let exact = demands.filter(\.isExact)
        guard !exact.isEmpty else { return [] }
        let candidates = CandidatePage(files, of: project).candidates
        let asked = candidates.filter { candidate in exact.contains { $0.asksExactly(for: candidate) } }
        return Set(asked.map(\.filename))
    }

    /// The files of a locked release that are not among some candidates.
    private static func missing(_ package: LockedPackage, among candidates: [Candidate]) -> [String] {
        let named = package.files.filter { $0.filename != nil }
        let known = Dictionary(grouping: candidates, by: \.filename)
        let gone = named.filter { file in
            guard let filename = file.filename, let found = known[filename] else { return true }
            return !found.contains { file.agrees(with: $0.hashes) }
        }
        if !named.isEmpty { return gone.compactMap(\.filename) }
        let release = package.version.map { ReleaseKey($0) }
        let isThere = candidates.contains { candidate in
            if package.files.isEmpty { return release.map { $0 == candidate.release } ?? true }
            return package.files.contains { file in
                file.digests.contains { candidate.hashes[$0.key] == $0.value }
            }
        }
        return isThere ? [] : ["no locked file of \(package.project) \(package.version ?? "")"]
    }
}
