import CLinux
import Foundation
import Glibc
import SystemPackage
import TestSupport

/// A file system in memory with room for so many bytes.
final class SmallDisk {
    let path: FilePath

    /// Whether this process may mount one.
    static let isPossible: Bool = (try? SmallDisk(TemporaryFolder().path.appending("disk"), kibibytes: 64)) != nil

    init(_ path: FilePath, kibibytes: Int) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
        try TestSupport.run("mount", "-t", "tmpfs", "-o", "size=\(kibibytes)k", "larder-test", path.string)
    }

    func resize(kibibytes: Int) throws {
        try remount("size=\(kibibytes)k")
    }

    /// Sets options of the mount, as `ro` or `nr_inodes=100`.
    func remount(_ options: String) throws {
        try TestSupport.run("mount", "-o", "remount,\(options)", path.string)
    }

    /// How many KiB are used.
    var used: Int {
        var statistics = statvfs()
        guard larder_statvfs(path.string, &statistics) == 0 else { return 0 }
        return Int(statistics.f_blocks - statistics.f_bfree) * Int(statistics.f_frsize) / 1_024
    }

    /// How many inodes are used.
    var usedInodes: Int {
        var statistics = statvfs()
        guard larder_statvfs(path.string, &statistics) == 0 else { return 0 }
        return Int(statistics.f_files - statistics.f_ffree)
    }

    deinit {
        try? TestSupport.run("umount", path.string)
    }
}
