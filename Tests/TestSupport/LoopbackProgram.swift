import Foundation
import Glibc
package import SystemPackage

/// A server program on free ports of the loopback interface, found to answer.
package struct LoopbackProgram: Sendable {
    /// Why there is no server.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        /// A failure for people.
        package init(_ description: String) { self.description = description }
    }

    /// The program.
    package let program: BackgroundProgram
    /// Its ports.
    package let ports: [UInt16]

    /// Starts a program that listens on ports which it is told, and waits until all of them answer.
    ///
    /// Another process may take a port between asking for it and using it, so that a program which ends at once is
    /// started again with other ports.
    ///
    /// - Parameters:
    ///   - count: How many ports it needs.
    ///   - errors: Where it says why it does not start.
    ///   - start: Starts it.
    /// - Throws: `Failure` with what the program said when it does not start, and what `start` throws.
    package init(
        ports count: Int = 1,
        errors: FilePath,
        start: ([UInt16]) throws -> BackgroundProgram
    ) throws {
        for _ in 0..<3 {
            let ports = (0..<count).map { _ in ScriptedServer.unusedPort() }
            let program = try start(ports)
            // A minute: a busy machine is slow, and some programs are so anyway.
            for _ in 0..<6_000 where program.isRunning {
                if ports.allSatisfy(Self.answers) {
                    (self.program, self.ports) = (program, ports)
                    return
                }
                usleep(10_000)
            }
            program.signal(SIGKILL)
            program.wait()
        }
        throw Failure((try? String(contentsOfFile: errors.string, encoding: .utf8)) ?? "it says nothing")
    }

    /// Finds a program of a package.
    ///
    /// - Parameters:
    ///   - name: The program.
    ///   - folders: Where it may be.
    /// - Returns: Its path.
    /// - Throws: `Failure` when it is not installed.
    package static func find(
        _ name: String,
        in folders: [String] = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
    ) throws -> String {
        for folder in folders where access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
        throw Failure("\(name) is not installed; run tools/packages install test")
    }

    private static func answers(_ port: UInt16) -> Bool {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(socket, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

/// A name and a password that a server of a test wants.
package struct ServerUser: Sendable {
    /// The name.
    package let name: String
    /// The password.
    package let password: String

    /// A user.
    package init(_ name: String, _ password: String) { (self.name, self.password) = (name, password) }

    /// What a client sends for it as basic credentials (RFC 7617).
    package var basic: String { "Basic \(Data("\(name):\(password)".utf8).base64EncodedString())" }
}

/// The files with which a server speaks TLS.
package struct ServerIdentity: Sendable {
    /// A PEM file with the certificate.
    package let certificate: FilePath
    /// A PEM file with its key.
    package let key: FilePath

    /// The files `NAME.pem` and `NAME.key` of a folder.
    package init(_ name: String = "server", in folder: FilePath) {
        (certificate, key) = (folder.appending("\(name).pem"), folder.appending("\(name).key"))
    }
}
