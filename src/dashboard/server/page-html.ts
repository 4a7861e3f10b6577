/** The page before its script fills it. URLs are relative, since the token is in the path of the page. */
export const pageHtml = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>tfjs-hessian</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<body>
<noscript>This page is drawn by its script.</noscript>
<script type="module" src="page.js"></script>
</body>
</html>
`;
