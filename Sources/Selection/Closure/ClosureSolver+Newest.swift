internal import Packaging

/// What the newest releases alone need, of what is known.
extension ClosureSolver {
    /// Begins anew, as `newest`, with what is known.
    ///
    /// What is asked for then and cannot be had is a failure whichever releases are kept; so is a root of which no
    /// release can be installed.
    mutating func findNewestAlone() {
        mode = .newest
        for place in projects.indices { projects[place].forgetWants() }
        for place in projects.indices {
            for root in projects[place].roots { begin(at: Int32(place), root) }
        }
        while true {
            let questions = questions()
            if questions.isEmpty { return }
            // Nothing is asked for by now: whatever these need, something older was asked for what it needs.
            for name in questions.projects { takeMissing(name, "it was not asked for", isTold: true) }
            for (name, versions) in questions.releases {
                for version in versions { take(ReleaseRequirements(requires: []), of: version, name) }
            }
        }
    }
}

extension ClosureProject {
    /// Forgets who asks for it, and what was kept for them.
    fileprivate mutating func forgetWants() {
        wants = []
        wantPlaces = [:]
        extras = [:]
        for release in releases.indices {
            releases[release].followed = EnvironmentSet()
            releases[release].together = EnvironmentSet()
            releases[release].want = -1
            releases[release].origin = nil
        }
    }
}
