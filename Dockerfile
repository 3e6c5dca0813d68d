# The image of the runner: Node, the C library and the packed command line, and nothing else: no shell, no package manager.
# On a machine without an engine, or without a registry, `scripts/image.sh` builds the same.
#
#   docker build -t emqx-blue-green:0.1.0 .
#   docker build --target sbom --output . .     # sbom.cdx.json: the packages in it
#
# Pinned by version; where your builder can ask a registry, add the digest that it gives for this tag.
FROM node:24.22.3-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY tools/no-backport tools/no-backport/
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && apt-get update && scripts/image-root.sh /usr/local/bin/node /image

FROM scratch AS sbom
COPY --from=build /image/sbom.cdx.json /

FROM scratch
COPY --from=build /image/root/ /
ENV PATH=/usr/local/bin NODE_ENV=production
USER 65532:65532
WORKDIR /tmp
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/emqx-blue-green"]
CMD ["runner"]
