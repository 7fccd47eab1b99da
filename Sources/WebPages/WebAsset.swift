/// What the pages load: the same files for all of them.
package enum WebAsset: String, CaseIterable, Sendable {
    /// How they look, light and dark.
    case style = "style.css"
    /// The search, and what else is no more than convenient.
    case script = "search.js"
    /// The icon of their windows.
    case icon = "icon.svg"

    /// The name of the file.
    package var filename: String { rawValue }

    /// Its bytes.
    package var bytes: [UInt8] {
        switch self {
        case .style: PackageResources.style_css
        case .script: PackageResources.search_js
        case .icon: PackageResources.icon_svg
        }
    }
}
