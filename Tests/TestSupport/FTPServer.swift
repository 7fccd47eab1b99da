import Foundation
import SystemPackage

/// A vsftpd of a test's own on the loopback interface, open to anonymous clients, which ends with the value.
///
/// It runs as whoever starts it and changes its root for nobody, so that it needs no privileges.
package final class FTPServer: Sendable {
    private let running: LoopbackProgram
    private let folder: TemporaryFolder
    private let hasTLS: Bool

    /// Starts the server.
    ///
    /// - Parameters:
    ///   - files: The files, by their paths.
    ///   - bytesPerSecond: How fast it sends a file; as fast as it can when it is 0.
    ///   - identity: With what it speaks TLS from the first byte (`ftps`); plain FTP without.
    /// - Throws: `LoopbackProgram.Failure` when it does not start.
    package init(files: [String: [UInt8]], bytesPerSecond: Int = 0, identity: ServerIdentity? = nil) throws {
        let program = try LoopbackProgram.find("vsftpd")
        let folder = try TemporaryFolder()
        for (name, bytes) in files {
            let file = try folder.write("files/\(name)", "")
            try Data(bytes).write(to: URL(fileURLWithPath: file.string))
        }
        let errors = folder.path.appending("errors")
        running = try LoopbackProgram(errors: errors) { ports in
            let text = Self.settings(folder.path, port: ports[0], bytesPerSecond) + (identity.map(Self.secure) ?? "")
            let file = try folder.write("vsftpd.conf", text)
            // It speaks of its own failures on standard output, as if to a client.
            return try BackgroundProgram([program, file.string], output: errors)
        }
        (self.folder, hasTLS) = (folder, identity != nil)
    }

    deinit {
        running.program.stop()
    }

    /// The URL of a file.
    package func url(_ path: String) -> String {
        hasTLS ? "ftps://localhost:\(running.ports[0])/\(path)" : "ftp://127.0.0.1:\(running.ports[0])/\(path)"
    }

    /// Replaces a file.
    package func write(_ path: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: folder.path.appending("files/\(path)").string))
    }

    /// The commands of clients so far, such as `RETR a.whl`.
    package var commands: [String] {
        get throws {
            let mark = "FTP command: Client \"127.0.0.1\", \""
            return try String(contentsOfFile: folder.path.appending("log").string, encoding: .utf8)
                .split(separator: "\n").compactMap { line in
                    line.range(of: mark).map { String(line[$0.upperBound...].dropLast()) }
                }
        }
    }

    private static func settings(_ folder: FilePath, port: UInt16, _ bytesPerSecond: Int) -> String {
        """
        listen=YES
        listen_address=127.0.0.1
        listen_port=\(port)
        pasv_address=127.0.0.1
        background=NO
        run_as_launching_user=YES
        seccomp_sandbox=NO
        anonymous_enable=YES
        no_anon_password=YES
        ftp_username=nobody
        anon_max_rate=\(bytesPerSecond)
        anon_root=\(folder.appending("files").string)
        secure_chroot_dir=\(folder.string)
        xferlog_enable=YES
        log_ftp_protocol=YES
        vsftpd_log_file=\(folder.appending("log").string)

        """
    }

    private static func secure(_ identity: ServerIdentity) -> String {
        """
        ssl_enable=YES
        implicit_ssl=YES
        allow_anon_ssl=YES
        force_anon_data_ssl=YES
        force_anon_logins_ssl=YES
        require_ssl_reuse=NO
        ssl_ciphers=HIGH
        rsa_cert_file=\(identity.certificate.string)
        rsa_private_key_file=\(identity.key.string)

        """
    }
}
