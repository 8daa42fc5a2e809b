"""Write the page that `dvc plots` fills in, with Vega within, so that it opens offline.

DVC's own page loads Vega from a server and stays empty without a network. Argument: the file.
"""

import sys
from pathlib import Path

import vl_convert

# `{refresh_tag}` and `{plot_divs}` are DVC's.
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>deepdep: DVC plots</title>
{refresh_tag}
<script>VEGA</script>
<style>
body { font-family: sans-serif; margin: 2em; }
body > div { margin-bottom: 2.5em; }
table { border-spacing: 15px; }
</style>
</head>
<body>
{plot_divs}
</body>
</html>
"""

if __name__ == "__main__":
    vega = vl_convert.javascript_bundle(vl_version="5.21").replace("</script", "<\\/script")
    Path(sys.argv[1]).write_text(PAGE.replace("VEGA", vega), encoding="utf-8")
