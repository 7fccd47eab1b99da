/// The environment that markers are evaluated in (PEP 508, "Environment Markers"): the 11 variables that every
/// environment has, as Python would answer there.
package struct MarkerEnvironment: Hashable, Sendable {
    /// `os.name`, such as `posix`.
    package var osName: String
    /// `sys.platform`, such as `linux`.
    package var sysPlatform: String
    /// `platform.machine()`, such as `x86_64`; Windows says `AMD64`.
    package var platformMachine: String
    /// `platform.python_implementation()`, such as `CPython`.
    package var platformPythonImplementation: String
    /// `platform.release()`; empty when unknown.
    package var platformRelease: String
    /// `platform.system()`, such as `Linux`.
    package var platformSystem: String
    /// `platform.version()`; empty when unknown.
    package var platformVersion: String
    /// The Python version's first two numbers, such as `3.12`.
    package var pythonVersion: String
    /// The whole Python version, such as `3.12.4`; one that ends in `+` (built from a checkout) is read as `+local`.
    package var pythonFullVersion: String
    /// `sys.implementation.name`, such as `cpython`.
    package var implementationName: String
    /// The version of the implementation; that of Python for CPython.
    package var implementationVersion: String

    /// An environment with all its variables.
    package init(
        osName: String,
        sysPlatform: String,
        platformMachine: String,
        platformPythonImplementation: String,
        platformRelease: String = "",
        platformSystem: String,
        platformVersion: String = "",
        pythonVersion: String,
        pythonFullVersion: String,
        implementationName: String,
        implementationVersion: String
    ) {
        self.osName = osName
        self.sysPlatform = sysPlatform
        self.platformMachine = platformMachine
        self.platformPythonImplementation = platformPythonImplementation
        self.platformRelease = platformRelease
        self.platformSystem = platformSystem
        self.platformVersion = platformVersion
        self.pythonVersion = pythonVersion
        self.pythonFullVersion = pythonFullVersion
        self.implementationName = implementationName
        self.implementationVersion = implementationVersion
    }
}
