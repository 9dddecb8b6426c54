"""Where models come from: references, the hub, manifests of directories."""
