import FileIO
import Glibc
import Mirror
import SystemPackage

/// How many files this process may have open.
enum DescriptorLimit {
    /// What a command needs at least: its files, the index, threads' buffers, and a few connections.
    private static let needed: rlim_t = 64
    /// More than any command has open at once.
    private static let ample: rlim_t = 65_536

    /// Raises the limit as far as it may be raised without a privilege (setrlimit(2)).
    ///
    /// - Throws: ``MirrorError/file(_:)`` when a command could not do its work below the limit; parts of the system
    ///   libraries end a process that runs out of descriptors.
    static func raise() throws(MirrorError) {
        var limit = rlimit()
        let kind = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
        guard getrlimit(kind, &limit) == 0 else { return }
        if limit.rlim_cur < ample, limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = min(ample, limit.rlim_max)
            _ = setrlimit(kind, &limit)
        }
        guard limit.rlim_cur < needed else { return }
        throw .tooFewDescriptors(allowed: Int(clamping: limit.rlim_cur), needed: Int(clamping: needed))
    }
}
