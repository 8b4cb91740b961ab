# Two stages: everything is compiled in the first, and only what runs is in the second.
ARG NODE=node:20.20.2-bookworm-slim

FROM ${NODE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# Scripts of packages are not run; `prepare` needs the sources, which come next.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/
COPY src src
COPY bench bench
RUN npm run build && rm -rf dist/bench && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE}
LABEL org.opencontainers.image.title="Cordon" \
      org.opencontainers.image.description="Incident response engine for serverless functions" \
      org.opencontainers.image.licenses="Apache-2.0"
# Inside a container every address is the container's own; what reaches it is for the network around it to say.
ENV NODE_ENV=production \
    CORDON_DATA_DIR=/var/lib/cordon \
    CORDON_HTTP_HOST=0.0.0.0 \
    CORDON_HTTP_PORT=8080
WORKDIR /opt/cordon
# Owned by root and not writable by the user that runs it: an intruder in the process cannot change the code.
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY package.json LICENSE ./
COPY playbooks playbooks
COPY guardrails guardrails
COPY simulations simulations
COPY verifier verifier
# The only folder that is written: evidence, and the embedded database where no server is configured.
RUN install -d -o node -g node -m 0700 /var/lib/cordon
VOLUME /var/lib/cordon
USER node
EXPOSE 8080
# SIGTERM drains: no new work is claimed, what is in flight is finished or handed over.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["serve"]
