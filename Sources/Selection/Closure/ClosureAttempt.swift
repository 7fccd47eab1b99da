internal import Packaging

/// A search for one release of each project that is needed, by backtracking to the decisions that caused a conflict.
struct ClosureAttempt {
    enum Outcome {
        case found
        /// Something is not known yet, and was asked for.
        case needsMore
        case failed(String)
        case gaveUp
    }

    /// A project for which a release is chosen.
    struct Frame {
        let project: Int32
        let candidates: [Int]
        var next = 0
        /// The frames that are to blame when no candidate will do.
        var causes: Set<Int>
        let constraintMark: Int
        let extraMark: Int
        let orderMark: Int
    }

    private struct Constraint {
        let specifiers: VersionSpecifiers
        /// The frame that states it; -1 for the selection.
        let frame: Int
    }

    let environment: Int
    private(set) var frames: [Frame] = []
    /// The projects that are needed, in the order in which that was found; the frames are a prefix of it.
    private var order: [Int32] = []
    private var isOrdered: Set<Int32> = []
    private var constraints: [Int32: [Constraint]] = [:]
    private var constraintTrail: [Int32] = []
    private var extras: [Int32: [ExtraName]] = [:]
    private var extraTrail: [Int32] = []
    private var frameOfProject: [Int32: Int] = [:]
    private var steps = 0
    private var conflict = ""
    /// Whether something is missing that a rule leaves out, or that somebody is told of elsewhere.
    private(set) var hasMetRule = false

    init(environment: Int) {
        self.environment = environment
    }

    /// Who needs a project first.
    func origin(of project: Int32) -> ClosureProject.Origin {
        guard let first = constraints[project]?.first, first.frame >= 0 else { return .root }
        let frame = frames[first.frame]
        return .release(project: frame.project, release: Int32(frame.candidates[frame.next - 1]))
    }

    /// Searches, with all that roots ask for.
    mutating func run(from roots: [Int32], _ solver: inout ClosureSolver) -> Outcome {
        for root in roots {
            for stated in solver.projects[Int(root)].roots where stated.environments.contains(environment) {
                constrain(root, stated.specifiers, by: -1)
            }
            // The extras of others count too: a set with more is one with fewer.
            for (extra, asked) in solver.projects[Int(root)].extras.sorted(by: { $0.key < $1.key })
            where asked.contains(environment) { extras[root, default: []].append(extra) }
        }
        while frames.count < order.count {
            let project = order[frames.count]
            switch solver.projects[Int(project)].page {
            case .unasked:
                solver.askForPage(project)
                if solver.open.isEmpty { break }
                return .needsMore
            case .asked: return .needsMore
            case .known, .none: break
            }
            push(project, &solver)
            if let outcome = advance(&solver) { return outcome }
        }
        return .found
    }

    private mutating func push(_ project: Int32, _ solver: inout ClosureSolver) {
        let stated = constraints[project] ?? []
        let all = VersionSpecifiers(stated.flatMap(\.specifiers.clauses))
        let place = EnvironmentSet(environment)
        let found = solver.candidates(of: solver.projects[Int(project)], all, in: place).flatMap(\.releases)
        let releases = solver.projects[Int(project)].releases
        let kept = found.filter { releases[$0].followed.contains(environment) }
        let others = found.filter { !releases[$0].followed.contains(environment) }
        if found.isEmpty { note(conflictAt: project, solver) }
        frameOfProject[project] = frames.count
        frames.append(
            Frame(
                project: project,
                candidates: kept + others,
                causes: Set(stated.map(\.frame)),
                constraintMark: constraintTrail.count,
                extraMark: extraTrail.count,
                orderMark: order.count
            )
        )
    }

    /// Gives the last frame its next candidate that fits, going back where there is none; `nil` when there is one.
    private mutating func advance(_ solver: inout ClosureSolver) -> Outcome? {
        while let top = frames.indices.last {
            undo(to: frames[top])
            guard frames[top].next < frames[top].candidates.count else {
                let causes = frames[top].causes.filter { $0 >= 0 && $0 < top }
                frameOfProject[frames[top].project] = nil
                frames.removeLast()
                guard let target = causes.max() else { return .failed(conflict) }
                while frames.count - 1 > target {
                    guard let last = frames.popLast() else { break }
                    undo(to: last)
                    frameOfProject[last.project] = nil
                }
                frames[target].causes.formUnion(causes.filter { $0 != target })
                continue
            }
            steps += 1
            guard steps <= ClosureSearchState.stepLimit, solver.work.goesOn else { return .gaveUp }
            let release = frames[top].candidates[frames[top].next]
            frames[top].next += 1
            let project = frames[top].project
            let asked = extras[project] ?? []
            switch solver.projects[Int(project)].releases[release].needs {
            case .unasked:
                solver.askForNeeds(project, release)
                return .needsMore
            case .asked: return .needsMore
            case .unknown: return nil
            case .known(let needs):
                if apply(needs, of: project, extras: [nil] + asked.map { $0 }, by: top, &solver) { return nil }
            }
        }
        return .failed(conflict)
    }

    /// States what a release needs; `false` when that contradicts what is chosen.
    private mutating func apply(
        _ needs: [Int32],
        of project: Int32,
        extras asked: [ExtraName?],
        by frame: Int,
        _ solver: inout ClosureSolver
    ) -> Bool {
        guard solver.work.spend(needs.count) else { return false }
        for need in needs {
            let entry = solver.requirements.entries[Int(need)]
            let holds = asked.contains { extra in
                guard let extra else { return entry.plain.contains(environment) }
                return entry.dependsOnExtra
                    && solver.requirements.holding(need, extra: extra).contains(environment)
            }
            guard holds else { continue }
            let target = solver.place(of: entry.requirement.name)
            if target != project {
                constrain(target, entry.requirement.specifiers, by: frame)
                if let chosen = frameOfProject[target], chosen < frame || frames[chosen].next > 0 {
                    let release = frames[chosen].candidates[frames[chosen].next - 1]
                    let version = solver.projects[Int(target)].releases[release].version
                    guard entry.requirement.specifiers.contains(version, prereleases: true) else {
                        frames[frame].causes.insert(chosen)
                        note(conflictAt: target, solver)
                        return false
                    }
                }
            }
            for extra in entry.requirement.extras.sorted() where !(extras[target] ?? []).contains(extra) {
                extras[target, default: []].append(extra)
                extraTrail.append(target)
                guard let chosen = frameOfProject[target], frames[chosen].next > 0 else { continue }
                let release = frames[chosen].candidates[frames[chosen].next - 1]
                guard case .known(let more) = solver.projects[Int(target)].releases[release].needs else { continue }
                // The extra is asked for here, of a release that was chosen there.
                if chosen != frame { frames[frame].causes.insert(chosen) }
                guard apply(more, of: target, extras: [extra], by: frame, &solver) else { return false }
            }
        }
        return true
    }

    private mutating func constrain(_ project: Int32, _ specifiers: VersionSpecifiers, by frame: Int) {
        constraints[project, default: []].append(Constraint(specifiers: specifiers, frame: frame))
        constraintTrail.append(project)
        if isOrdered.insert(project).inserted { order.append(project) }
    }

    /// Takes back what the candidate of a frame stated.
    private mutating func undo(to frame: Frame) {
        while constraintTrail.count > frame.constraintMark, let project = constraintTrail.popLast() {
            constraints[project]?.removeLast()
        }
        while extraTrail.count > frame.extraMark, let project = extraTrail.popLast() { extras[project]?.removeLast() }
        while order.count > frame.orderMark, let project = order.popLast() { isOrdered.remove(project) }
    }

    private mutating func note(conflictAt project: Int32, _ solver: ClosureSolver) {
        let stated = constraints[project] ?? []
        let all = VersionSpecifiers(stated.flatMap(\.specifiers.clauses))
        if solver.projects[Int(project)].isLeftOut(all, in: environment) { hasMetRule = true }
        let who = Set(stated.map(\.frame)).sorted().prefix(4).map { cause -> String in
            guard cause >= 0, cause < frames.count else { return "the selection" }
            let frame = frames[cause]
            let other = solver.projects[Int(frame.project)]
            return "\(other.name) \(other.releases[frame.candidates[frame.next - 1]].facts.version)"
        }
        let name = solver.projects[Int(project)].name
        conflict = "nothing of \(name)\(all) for \(who.joined(separator: " and "))"
        if solver.environments[environment].constraints[name] != nil { conflict += " within the constraints" }
    }
}

extension ClosureProject {
    /// Whether releases are missing since a rule leaves them out, or somebody is told elsewhere that all are.
    fileprivate func isLeftOut(_ specifiers: VersionSpecifiers, in environment: Int) -> Bool {
        if case .none(_, let isTold) = page { return isTold }
        return releases.contains { release in
            release.facts.keptOut.contains(environment) && specifiers.contains(release.version, prereleases: true)
        }
    }
}
