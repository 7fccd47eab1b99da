import JSON
import Packaging

/// The answers of `Packaging`, in the shapes that `tools/differential` compares.
struct Answers {
    private var environments: [MarkerEnvironment] = []
    private var targets: [TargetEnvironment] = []

    mutating func answer(_ kind: String, _ question: [JSONValue], to writer: inout JSONWriter) {
        let text = question.first?.string ?? ""
        switch kind {
        case "version": version(text, to: &writer)
        case "order": order(strings(question.first), to: &writer)
        case "specifier": specifier(text, strings(question.dropFirst().first), to: &writer)
        case "environments":
            environments = question.first.map { $0.array.map(Self.environment) } ?? []
            writer.integer(environments.count)
        case "marker": marker(text, to: &writer)
        case "requirement": requirement(text, to: &writer)
        case "target": target(strings(question.first), to: &writer)
        case "wheel": wheel(text, to: &writer)
        case "filename": filename(text, question.dropFirst().first?.string ?? "", to: &writer)
        case "metadata":
            metadata(question.first.map { $0.array.compactMap { $0.unsigned.map(UInt8.init) } } ?? [], to: &writer)
        default: writer.string("unknown question \(kind)")
        }
    }

    private func strings(_ value: JSONValue?) -> [String] { value.map { $0.array.compactMap(\.string) } ?? [] }

    private static func environment(_ value: JSONValue) -> MarkerEnvironment {
        func text(_ key: String) -> String { value[key]?.string ?? "" }
        return MarkerEnvironment(
            osName: text("os_name"),
            sysPlatform: text("sys_platform"),
            platformMachine: text("platform_machine"),
            platformPythonImplementation: text("platform_python_implementation"),
            platformRelease: text("platform_release"),
            platformSystem: text("platform_system"),
            platformVersion: text("platform_version"),
            pythonVersion: text("python_version"),
            pythonFullVersion: text("python_full_version"),
            implementationName: text("implementation_name"),
            implementationVersion: text("implementation_version")
        )
    }

    private func version(_ text: String, to writer: inout JSONWriter) {
        guard let version = Version(text) else { return writer.null() }
        writer.array { writer in
            writer.string(version.description)
            writer.bool(version.isPrerelease)
            writer.bool(version.isPostrelease)
            writer.bool(version.isDevelopment)
            version.local.map { writer.string($0) } ?? writer.null()
        }
    }

    /// The rank of each version; equal ones share one.
    private func order(_ texts: [String], to writer: inout JSONWriter) {
        let versions = texts.compactMap { Version($0) }
        let sorted = versions.indices.sorted { versions[$0] < versions[$1] }
        var ranks = versions.map { _ in 0 }
        var rank = 0
        for (place, index) in sorted.enumerated() {
            if place > 0 {
                let last = versions[sorted[place - 1]]
                if versions[index] != last || versions[index].hashValue != last.hashValue { rank += 1 }
            }
            ranks[index] = rank
        }
        writer.array { writer in for rank in ranks { writer.integer(rank) } }
    }

    private func specifier(_ text: String, _ texts: [String], to writer: inout JSONWriter) {
        guard let specifiers = try? VersionSpecifiers.parse(text) else { return writer.null() }
        let versions = texts.map { SpelledVersion($0) }
        writer.array { writer in
            writer.string(specifiers.description)
            writer.bool(specifiers.namesPrerelease)
            for prereleases in [nil, true, false] {
                let spelled = versions.map { specifiers.contains($0, prereleases: prereleases) }
                let parsed = versions.compactMap(\.version).map { specifiers.contains($0, prereleases: prereleases) }
                writer.string(String((spelled + parsed).map { $0 ? "1" : "0" }))
                let kept = specifiers.filter(Array(versions.enumerated()), prereleases: prereleases) { $0.element }
                writer.string(kept.map { String($0.offset) }.joined(separator: " "))
            }
        }
    }

    private func marker(_ text: String, to writer: inout JSONWriter) {
        guard let marker = try? Marker.parse(text) else { return writer.null() }
        let dev: Set<ExtraName> = [ExtraName("Dev_Tools"), ExtraName("a")]
        let contexts: [Marker.Context] = [
            .metadata(extra: nil), .metadata(extra: ExtraName("Dev_Tools")),
            .lockFile(extras: dev, dependencyGroups: [ExtraName("test")]), .requirement,
        ]
        var results = ""
        for environment in environments {
            for context in contexts {
                do throws(MarkerError) {
                    results += try marker.evaluate(in: environment, context: context) ? "1" : "0"
                } catch {
                    switch error {
                    case .undefinedComparison: results += "c"
                    case .undefinedVariable: results += "v"
                    case .syntax: results += "s"
                    }
                }
            }
        }
        writer.array { writer in
            writer.string(marker.description)
            writer.string(results)
        }
    }

    private func requirement(_ text: String, to writer: inout JSONWriter) {
        guard let requirement = try? Requirement.parse(text) else { return writer.null() }
        writer.array { writer in
            writer.string(requirement.name.normalized)
            writer.string(requirement.extras.sorted().map(\.normalized).joined(separator: ","))
            writer.string(requirement.specifiers.description)
            writer.string(requirement.url ?? "")
            writer.string(requirement.marker?.description ?? "")
        }
    }

    private mutating func target(_ question: [String], to writer: inout JSONWriter) {
        guard question.count == 3, let implementation = TargetEnvironment.Implementation(rawValue: question[2]),
            let target = try? TargetEnvironment(
                python: question[0],
                platform: question[1],
                implementation: implementation
            )
        else { return writer.null() }
        targets.append(target)
        writer.array { writer in for tag in target.supportedTags { writer.string(tag.description) } }
    }

    /// For each target so far whether it accepts a wheel with these tags; `null` for tags that are none.
    private func wheel(_ tags: String, to writer: inout JSONWriter) {
        guard let project = ProjectName("a"),
            case .wheel(let tags)? = (try? DistributionFilename.parse("a-1-\(tags).whl", project: project))?.kind
        else { return writer.null() }
        writer.string(String(targets.map { $0.accepts(tags) ? "1" : "0" }))
    }

    private func filename(_ filename: String, _ project: String, to writer: inout JSONWriter) {
        guard let project = ProjectName(project) else { return writer.string("no project") }
        do throws(DistributionFilenameError) {
            let parsed = try DistributionFilename.parse(filename, project: project)
            writer.array { writer in
                switch parsed.kind {
                case .wheel(let tags):
                    writer.string("wheel")
                    writer.string(Version(parsed.version)?.description ?? parsed.version)
                    writer.string(tags.build ?? "")
                    writer.string(
                        tags.tags.map(\.description).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                            .joined(separator: " ")
                    )
                case .sdist(let suffix):
                    writer.string("sdist")
                    writer.string(Version(parsed.version)?.description ?? parsed.version)
                    writer.string(suffix)
                default:
                    writer.string("other")
                    writer.string(parsed.version)
                }
            }
        } catch {
            switch error {
            case .foreign(_, _, let owner): writer.string("foreign \(owner)")
            case .unreadable: writer.string("unreadable")
            }
        }
    }

    private func metadata(_ bytes: [UInt8], to writer: inout JSONWriter) {
        let metadata = DistributionMetadata(bytes)
        writer.object { writer in
            writer.member("metadata_version", metadata.metadataVersion)
            writer.member("name", metadata.name)
            writer.member("version", metadata.version)
            writer.member("requires_python", metadata.requiresPython)
            writer.member("requires_dist", metadata.requirements.map(\.description).joined(separator: "\n"))
            writer.member("provides_extra", metadata.providedExtras.map(\.normalized).joined(separator: "\n"))
            writer.member(
                "dynamic",
                metadata.dynamicFields.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: "\n")
            )
        }
    }
}

extension String {
    /// Joins single characters.
    fileprivate init(_ characters: [String]) { self = characters.joined() }
}
