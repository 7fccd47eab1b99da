import Configuration
import Packaging
import Testing

private func names(_ texts: String...) -> [ProjectName] { texts.compactMap { ProjectName($0) } }

@Suite("projects.txt")
struct ProjectListTests {
    private let sample = """
        # The web team's
        Django   # needs asgiref

        \tzope.interface
        six
        """

    @Test("Names are read in order, whatever is around them")
    func reading() throws {
        let list = try ProjectList(parsing: sample, file: "projects.txt")
        #expect(list.names == names("django", "zope-interface", "six"))
        #expect(list.count == 3)
        #expect(list.contains(try #require(ProjectName("DJANGO"))))
        let windows = try ProjectList(parsing: "\u{FEFF}six\r\nflask # x\r\n\r\n", file: "projects.txt")
        #expect(windows.names == names("six", "flask"))
    }

    @Test("Text comes back as it was", arguments: ["", "\n", "six\n", "\n\n# a\n\nsix # b\n  \n", "a\r\nb\r\n"])
    func roundTrip(text: String) throws {
        #expect(try ProjectList(parsing: text, file: "projects.txt").text == text)
    }

    @Test("Adding appends what is new, normalized, and keeps the rest")
    func adding() throws {
        var list = try ProjectList(parsing: sample, file: "projects.txt")
        #expect(list.add(names("Flask_Login", "SIX", "flask-login", "attrs")) == names("flask-login", "attrs"))
        #expect(list.text == sample + "\nflask-login\nattrs\n")
        #expect(list.add(names("six")).isEmpty)
    }

    @Test("Removing takes the lines of the names away, and keeps the rest")
    func removing() throws {
        var list = try ProjectList(parsing: sample + "\nSix # again\n", file: "projects.txt")
        #expect(list.remove(names("six", "absent", "django")) == names("six", "django"))
        #expect(list.text == "# The web team's\n\n\tzope.interface\n")
        #expect(list.names == names("zope-interface"))
        #expect(list.remove(names("six")).isEmpty)
    }

    @Test("Lines that are no names are told with their numbers")
    func problems() {
        do {
            _ = try ProjectList(parsing: "six\nrequests[socks]>=2\n\n-x\nflask-*\nfoo#bar\n", file: "projects.txt")
            Issue.record("accepted")
        } catch {
            let rule =
                "is not the name of a project; names have ASCII letters and digits, with '-', '_' or '.' between them"
            #expect(
                error.problems.map(\.description) == [
                    "projects.txt:2: 'requests[socks]>=2' is not the name of a project; write "
                        + "'requests', without versions, "
                        + "extras or markers",
                    "projects.txt:4: '-x' \(rule)",
                    "projects.txt:5: 'flask-*' is a pattern, which belongs under [select] "
                        + "projects in larder.toml",
                    "projects.txt:6: 'foo#bar' \(rule)",
                ]
            )
        }
    }

    @Test("A file that is something else gives a bounded number of problems")
    func bounded() {
        do {
            _ = try ProjectList(parsing: String(repeating: "<html>\n", count: 1000), file: "projects.txt")
            Issue.record("accepted")
        } catch {
            #expect(error.problems.count == ProjectList.problemLimit + 1)
            #expect(error.problems.last?.description == "projects.txt: has more lines that are not names of projects")
        }
    }

    @Test("A list of 500,000 names is read, edited and written")
    func large() throws {
        let text = (0..<500_000).map { "project-\($0)\n" }.joined()
        var list = try ProjectList(parsing: text, file: "projects.txt")
        #expect(list.count == 500_000)
        #expect(list.add(names("project-7", "new")) == names("new"))
        let gone = (0..<250_000).compactMap { ProjectName("project-\($0 * 2)") }
        #expect(list.remove(gone).count == 250_000)
        #expect(list.names.count == 250_001)
        #expect(list.text.utf8.count < text.utf8.count)
        #expect(list.text.hasPrefix("project-1\nproject-3\n") && list.text.hasSuffix("project-499999\nnew\n"))
    }
}
