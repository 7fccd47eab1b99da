internal import Packaging

/// From requirements to releases, and from releases to requirements.
extension ClosureSolver {
    mutating func place(of name: ProjectName) -> Int32 {
        if let known = places[name] { return known }
        let place = Int32(projects.count)
        places[name] = place
        projects.append(ClosureProject(name: name))
        return place
    }

    mutating func enqueue(_ place: Int32) {
        guard !projects[Int(place)].isQueued else { return }
        projects[Int(place)].isQueued = true
        queue.append(place)
    }

    /// Looks at all that is asked for of a project again.
    mutating func lookAgain(_ place: Int) {
        for want in projects[place].wants.indices {
            projects[place].wants[want].pending = projects[place].wants[want].environments
        }
        enqueue(Int32(place))
    }

    mutating func want(
        _ place: Int32,
        _ specifiers: VersionSpecifiers,
        _ environments: EnvironmentSet,
        from origin: ClosureProject.Origin
    ) {
        guard !environments.isEmpty else { return }
        let index = Int(place)
        if let known = projects[index].wantPlaces[specifiers] {
            let new = environments.subtracting(projects[index].wants[known].environments)
            guard !new.isEmpty else { return }
            projects[index].wants[known].environments.formUnion(new)
            projects[index].wants[known].pending.formUnion(new)
        } else {
            projects[index].wantPlaces[specifiers] = projects[index].wants.count
            projects[index].wants.append(
                .init(
                    specifiers: specifiers,
                    environments: environments,
                    pending: environments,
                    origin: origin,
                    place: environments.first
                )
            )
        }
        enqueue(place)
    }

    mutating func add(_ extra: ExtraName, to place: Int32, _ environments: EnvironmentSet) {
        let index = Int(place)
        let new = environments.subtracting(projects[index].extras[extra] ?? EnvironmentSet())
        guard !new.isEmpty else { return }
        projects[index].extras[extra, default: EnvironmentSet()].formUnion(new)
        for release in projects[index].releases.indices {
            let followed = projects[index].releases[release].followed.intersection(new)
            if !followed.isEmpty { follow(place, Int32(release), followed, only: extra) }
        }
    }

    /// Asks for what a release needs, as far as that is known.
    mutating func follow(
        _ place: Int32,
        _ release: Int32,
        _ environments: EnvironmentSet,
        only extra: ExtraName? = nil
    ) {
        guard case .known(let needed) = projects[Int(place)].releases[Int(release)].needs, !environments.isEmpty
        else { return }
        let extras = projects[Int(place)].extras
        for index in needed {
            let entry = requirements.entries[Int(index)]
            var holding = extra == nil ? entry.plain.intersection(environments) : EnvironmentSet()
            if entry.dependsOnExtra {
                for (name, asked) in extras where extra == nil || extra == name {
                    let met = requirements.holding(index, extra: name).intersection(asked)
                    holding.formUnion(met.intersection(environments))
                }
            }
            guard !holding.isEmpty else { continue }
            let target = self.place(of: entry.requirement.name)
            for name in entry.requirement.extras { add(name, to: target, holding) }
            // What asks for extras of itself means the release that it is.
            guard target != place else { continue }
            want(target, entry.requirement.specifiers, holding, from: .release(project: place, release: release))
        }
    }

    // MARK: Looking at projects

    /// Looks at the projects of which something new is known or asked.
    mutating func settle() {
        while work.goesOn, let place = queue.popLast() {
            projects[Int(place)].isQueued = false
            switch projects[Int(place)].page {
            case .unasked: askForPage(place)
            case .asked, .none: continue
            case .known: choose(place)
            }
        }
    }

    mutating func askForPage(_ place: Int32) {
        guard Int(place) < Self.maximumProjectCount || projects[Int(place)].isRoot else {
            let reason = "more than \(Self.maximumProjectCount) projects are not followed"
            projects[Int(place)].page = .none(reason, isTold: false)
            return
        }
        projects[Int(place)].page = .asked
        open.projects.append(projects[Int(place)].name)
    }

    mutating func askForNeeds(_ place: Int32, _ release: Int) {
        let index = Int(place)
        guard case .unasked = projects[index].releases[release].needs else { return }
        projects[index].releases[release].needs = .asked
        open.releases[projects[index].name, default: []].append(projects[index].releases[release].facts.version)
    }

    /// Takes the releases that are asked for.
    private mutating func choose(_ place: Int32) {
        let index = Int(place)
        let project = projects[index]
        var looked = EnvironmentSet()
        guard work.spend(project.wants.count) else { return }
        for (wantPlace, want) in project.wants.enumerated() where !want.pending.isEmpty {
            projects[index].wants[wantPlace].pending = EnvironmentSet()
            looked.formUnion(want.pending)
            for (environment, found) in candidates(of: project, want.specifiers, in: want.pending) {
                switch mode {
                case .newest: if let first = found.first { keep(place, first, environment, want: wantPlace) }
                case .allCompatible: for release in found { keep(place, release, environment, want: wantPlace) }
                }
            }
            guard work.goesOn else { return }
        }
        guard mode == .newest, project.wants.count > 1 else { return }
        // Environments in which the same is asked for have the same answer.
        for (wants, environments) in together(project, in: looked) {
            let all = VersionSpecifiers(wants.flatMap { project.wants[$0].specifiers.clauses })
            for (environment, found) in candidates(of: project, all, in: environments) {
                if let best = found.first { keep(place, best, environment, want: wants[0]) }
            }
            guard work.goesOn else { return }
        }
    }

    /// What is asked for in some environments, where that is more than one thing.
    private mutating func together(
        _ project: ClosureProject,
        in looked: EnvironmentSet
    ) -> [(wants: [Int], environments: EnvironmentSet)] {
        var sets: [[Int]: EnvironmentSet] = [:]
        for environment in looked.places where work.spend(project.wants.count) {
            let wants = project.wants.indices.filter { project.wants[$0].environments.contains(environment) }
            if wants.count > 1 { sets[wants, default: EnvironmentSet()].formUnion(EnvironmentSet(environment)) }
        }
        return sets.map { ($0, $1) }.sorted { $0.environments.first < $1.environments.first }
    }

    private mutating func keep(_ place: Int32, _ release: Int, _ environment: Int, want: Int) {
        let index = Int(place)
        guard !projects[index].releases[release].followed.contains(environment) else { return }
        projects[index].releases[release].followed.formUnion(EnvironmentSet(environment))
        if projects[index].releases[release].want < 0 { projects[index].releases[release].want = Int32(want) }
        askForNeeds(place, release)
        follow(place, Int32(release), EnvironmentSet(environment))
    }
}
