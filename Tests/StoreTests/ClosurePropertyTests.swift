import Packaging
import Selection
import Testing

/// Small worlds by chance, in which what should be kept is found by trying everything.
@Suite("Closures of small worlds") struct ClosurePropertyTests {
    private static let environments = ["3.12 linux", "3.9 windows"]
    private static let names = ["p0", "p1", "p2", "p3", "p4"]
    private static let markers = ["", "", "", "; sys_platform == 'win32'", "; python_version >= '3.10'"]
    private static let specifiers = ["", "", "<2", "<3", ">=2", ">=3", "==1", "==2", "!=2", "~=2.0"]

    private func world(_ generator: inout SeededGenerator) -> ClosureWorld {
        func pick<Value>(_ values: [Value]) -> Value { values[Int(generator.next() % UInt64(values.count))] }
        var world = ClosureWorld()
        for name in Self.names {
            world.projects[name] = (1...3).map { version in
                let requires = (0..<Int(generator.next() % 3)).map { _ in
                    pick(Self.names) + pick(Self.specifiers) + pick(Self.markers)
                }
                let tags = pick(["py3-none-any", "py3-none-any", "py3-none-any", "py3-none-win_amd64"])
                return ClosureWorld.Release(version: "\(version)", requires: requires, tags: tags)
            }
        }
        return world
    }

    /// What a release needs in an environment, as versions of projects.
    private struct Need {
        let name: String
        let versions: Set<Int>
    }

    private typealias Choice = [String: Int]

    /// The world in one environment: the versions that can be used there, and what each needs.
    private struct View {
        var usable: [String: [Int]] = [:]
        var needs: [String: [Int: [Need]]] = [:]

        init(_ world: ClosureWorld, _ environment: ClosureEnvironment) throws {
            for (name, releases) in world.projects {
                for release in releases {
                    guard let version = Int(release.version), let tags = release.tags else { continue }
                    let file = try DistributionFilename.parse(
                        "\(name)-1-\(tags).whl",
                        project: try #require(ProjectName(name))
                    )
                    guard case .wheel(let tags) = file.kind, environment.target.accepts(tags) else { continue }
                    usable[name, default: []].append(version)
                    needs[name, default: [:]][version] = try release.requires.compactMap { text in
                        let requirement = try Requirement.parse(text)
                        guard try environment.target.needs(requirement), requirement.name.normalized != name else {
                            return nil
                        }
                        let versions = (1...3).filter { version in
                            Version("\(version)").map { requirement.specifiers.contains($0) } ?? false
                        }
                        return Need(name: requirement.name.normalized, versions: Set(versions))
                    }
                }
            }
        }

        /// Whether roots can be installed from some releases, by trying everything.
        func isInstallable(_ roots: [String], from allowed: (String, Int) -> Bool, _ chosen: Choice = [:]) -> Bool {
            var open = roots.filter { chosen[$0] == nil }
            for (name, version) in chosen {
                for need in needs[name]?[version] ?? [] {
                    if let other = chosen[need.name] {
                        guard need.versions.contains(other) else { return false }
                    } else {
                        open.append(need.name)
                    }
                }
            }
            guard let next = open.first else { return true }
            return (usable[next] ?? []).contains { version in
                allowed(next, version) && isInstallable(roots, from: allowed, chosen.merging([next: version]) { $1 })
            }
        }
    }

    @Test("newest: from what is kept can be installed whatever can be from everything", arguments: 0..<8)
    func newest(block: UInt64) throws {
        let environments = try ClosureWorld.environments(Self.environments)
        var solvable = 0
        for seed in 0..<100 {
            var generator = SeededGenerator(block * 1_000 + UInt64(seed))
            var world = world(&generator)
            let roots = Array(Self.names.prefix(Int(generator.next() % 3) + 1))
            let found = try world.closure(.newest, of: roots, in: Self.environments)
            let kept = Set(found.kept)
            #expect(Set(world.questions).count == world.questions.count, "asked twice, seed \(seed)")
            for environment in environments {
                let view = try View(world, environment)
                let present = roots.filter { !(view.usable[$0] ?? []).isEmpty }
                let groups = [present] + present.map { [$0] }
                for group in groups where view.isInstallable(group, from: { _, _ in true }) {
                    solvable += 1
                    let isPossible = view.isInstallable(group, from: { kept.contains("\($0) \($1)") })
                    #expect(isPossible, "seed \(seed), \(environment.label), \(group): \(found.kept)")
                }
                // The newest of each root is there in any case.
                for root in present {
                    #expect(kept.contains("\(root) \((view.usable[root] ?? []).max() ?? 0)"), "seed \(seed)")
                }
            }
        }
        #expect(solvable > 200)
    }

    @Test("all-compatible: exactly what trying everything finds", arguments: 0..<4)
    func allCompatible(block: UInt64) throws {
        let environments = try ClosureWorld.environments(Self.environments)
        var hopeless = 0
        for seed in 0..<100 {
            var generator = SeededGenerator(9_000 + block * 1_000 + UInt64(seed))
            var world = world(&generator)
            let found = try world.closure(.allCompatible, of: ["p0"], in: Self.environments)
            var expected: Set<String> = []
            for environment in environments {
                let view = try View(world, environment)
                var reached: Set<String> = []
                var open = (view.usable["p0"] ?? []).map { ("p0", $0) }
                while let (name, version) = open.popLast() {
                    guard reached.insert("\(name) \(version)").inserted else { continue }
                    for need in view.needs[name]?[version] ?? [] {
                        open += (view.usable[need.name] ?? []).filter(need.versions.contains).map { (need.name, $0) }
                    }
                }
                expected.formUnion(reached)
            }
            #expect(found.kept == expected.sorted(), "seed \(seed)")
            // Whether the root can be installed does not depend on what is kept.
            let places = try environments.filter { environment in
                let view = try View(world, environment)
                return !(view.usable["p0"] ?? []).isEmpty && !view.isInstallable(["p0"], from: { _, _ in true })
            }
            let told = found.unmet.map(\.reason).filter { $0.contains("no set of releases can be installed") }
            #expect(told.count == places.count, "seed \(seed): \(told)")
            hopeless += places.count
        }
        #expect(hopeless > 0)
    }
}
