/// Why a description of an environment describes none.
package enum TargetEnvironmentError: Error, Hashable, Sendable {
    /// The text for the version of Python.
    case python(String)
    /// The text for the platform.
    case platform(String)
    /// A Python without the GIL that does not exist.
    case freeThreading(String, TargetEnvironment.Implementation)
}

extension TargetEnvironmentError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .python(let text):
            "'\(text.printable)' is no version of Python: expected one such as 3.12, 3.12.4 or 3.13t"
        case .platform(let text):
            """
            '\(text.printable)' describes no machine: expected a tag such as manylinux_2_28_x86_64, \
            musllinux_1_2_aarch64, macosx_14_0_arm64 or win_amd64, or one of linux, macos, windows
            """
        case .freeThreading(let text, let implementation):
            "there is no \(implementation.rawValue) '\(text.printable)': CPython comes without the GIL from 3.13 on"
        }
    }
}
