extension Layout {
    /// What the template is filled with where files are had on demand: those that are not here are asked for elsewhere.
    func streamerValues(_ streamer: String?) throws(LayoutError) -> [String: String] {
        guard let streamer else { return ["STREAMER": "", "TRY_STREAMER": "", "STREAMER_MODULES": ""] }
        let listener = try Listener(streamer)
        guard let address = listener.address else {
            throw LayoutError(what: "streamer", value: streamer, problem: "names no address")
        }
        let place = "\(address):\(listener.port)"
        switch self {
        case .nginx:
            return [
                "TRY_STREAMER": "\n        try_files $uri @larder_streamer;",
                "STREAMER": """

                    # What is not here is fetched when somebody asks for it: larder serve --on-demand.
                    location @larder_streamer {
                        proxy_pass http://\(place);
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_set_header Host $http_host;
                        proxy_buffering off;
                        proxy_read_timeout 600s;
                    }

                """,
            ]
        case .caddy:
            return [
                "STREAMER": """

                \t# What is not here is fetched when somebody asks for it: larder serve --on-demand.
                \t@ondemand {
                \t\tpath_regexp ^(?:@SNAPSHOT@)?/packages/(?:[^/]+/)*[^/]+$
                \t\tnot path_regexp (?:^|/)\\.\\.?(?:/|$)
                \t}
                \thandle @ondemand {
                \t\treverse_proxy \(place) {
                \t\t\tflush_interval -1
                \t\t}
                \t}

                """
            ]
        case .apache:
            return [
                "STREAMER_MODULES": " proxy proxy_http",
                "STREAMER": """
                    # What is not here is fetched when somebody asks for it: larder serve --on-demand.
                    ProxyTimeout 600
                    RewriteCond %{DOCUMENT_ROOT}%{REQUEST_URI} !-f
                    RewriteRule ^(?:@SNAPSHOT@)?/packages/.*[^/]$ http://\(place)%{REQUEST_URI} [P,L]


                """,
            ]
        case .lighttpd:
            // In brackets for the others.
            let host = address.hasPrefix("[") ? String(address.dropFirst().dropLast()) : address
            return [
                "STREAMER_MODULES": ", \"mod_proxy\"",
                "TRY_STREAMER": """

                        # What is not here is fetched when somebody asks for it: larder serve --on-demand.
                        url.rewrite-repeat-if-not-file = ("^(?:@SNAPSHOT@)?/packages/[^?]*[^/?](?:\\?.*)?$" => "/on-demand$0")
                """,
                "STREAMER": """
                    } else $HTTP["url"] =~ "^/on-demand(?:@SNAPSHOT@)?/packages/" {
                        proxy.server = ("" => (("host" => "\(host)", "port" => \(listener.port), "read-timeout" => 600)))
                        proxy.header = ("map-urlpath" => ("/on-demand/" => "/"))
                            # Bodies would be kept on the disk first.
                            $HTTP["request-method"] !~ "^(?:GET|HEAD)$" { url.access-deny = ("") }
                        server.stream-response-body = 2

                """,
            ]
        }
    }
}
