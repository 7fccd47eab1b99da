internal import Glibc
package import SystemPackage

extension POSIXFileSystem {
    package func list(_ path: FilePath) throws(FileError) -> [DirectoryEntry] {
        guard let stream = path.withPlatformString({ opendir($0) }) else {
            throw FileError(operation: "opendir", path: path, errno: Errno(rawValue: errno))
        }
        defer { closedir(stream) }
        var entries: [DirectoryEntry] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                // readdir(3): the end of the directory leaves errno alone, an error sets it.
                guard errno == 0 else {
                    throw FileError(operation: "readdir", path: path, errno: Errno(rawValue: errno))
                }
                return entries
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            let kind =
                switch Int(entry.pointee.d_type) {
                case Int(DT_REG): FileKind.regular
                case Int(DT_DIR): FileKind.directory
                case Int(DT_LNK): FileKind.symbolicLink
                case Int(DT_UNKNOWN): try status(path.appending(name)).kind
                default: FileKind.other
                }
            entries.append(DirectoryEntry(name: name, kind: kind))
        }
    }
}

extension FileStatus {
    /// The fields of a `stat` structure that Larder looks at.
    init(_ result: stat) {
        let kind =
            switch result.st_mode & S_IFMT {
            case S_IFREG: FileKind.regular
            case S_IFDIR: FileKind.directory
            case S_IFLNK: FileKind.symbolicLink
            default: FileKind.other
            }
        self.init(
            kind: kind,
            size: UInt64(result.st_size),
            allocatedBytes: UInt64(clamping: result.st_blocks) * 512,
            permissions: FilePermissions(rawValue: result.st_mode & 0o7777),
            modificationTime: Int64(result.st_mtim.tv_sec),
            identity: FileIdentity(device: UInt64(result.st_dev), inode: UInt64(result.st_ino)),
            linkCount: UInt64(result.st_nlink),
            owner: result.st_uid
        )
    }
}
