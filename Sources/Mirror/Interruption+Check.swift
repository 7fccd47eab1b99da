internal import Publication
internal import Scheduling

extension Interruption {
    /// Ends the work when somebody wants that.
    ///
    /// - Throws: ``MirrorError`` that says so.
    func check() throws(MirrorError) {
        if isRequested { throw .publication(.interrupted) }
    }
}
