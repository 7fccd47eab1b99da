import FileIO
import Glibc
import SystemPackage
import Testing

/// Lets every write to the head of an index that is open fail with ENOSPC: LMDB has a descriptor of its own for it.
///
/// - Parameter root: The mirror whose index it is.
/// - Throws: What keeps it from being done.
func fillDisk(holding root: FilePath) throws {
    let full = Glibc.open("/dev/full", O_WRONLY)
    try #require(full >= 0)
    defer { close(full) }
    var replaced = 0
    for entry in try POSIXFileSystem().list("/proc/self/fd") {
        guard let descriptor = Int32(entry.name),
            let target = try? POSIXFileSystem().readLink(FilePath("/proc/self/fd/\(descriptor)")),
            target == root.appending("index/data.mdb").string,
            fcntl(descriptor, F_GETFL) & O_DSYNC != 0
        else { continue }
        try #require(dup2(full, descriptor) == descriptor)
        replaced += 1
    }
    try #require(replaced == 1)
}
