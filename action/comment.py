"""The step of the GitHub action that comments on a pull request, and always on the same comment.

The comment is known by its first line and by its author: anybody can write that line, and a comment of somebody else's,
once edited, would be theirs to edit on. GitHub's GraphQL API tells which are one's own, whatever token it is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from finetooth.formats.markdown import LIMIT, MARKER
from plan import warn

_FIND: Final = """
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      id
      comments(first: 100, after: $after) {
        nodes { id body viewerDidAuthor }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
_ADD: Final = """
mutation($subject: ID!, $body: String!) {
  addComment(input: {subjectId: $subject, body: $body}) { clientMutationId }
}
"""
_UPDATE: Final = """
mutation($id: ID!, $body: String!) {
  updateIssueComment(input: {id: $id, body: $body}) { clientMutationId }
}
"""
_SECONDS: Final = 30


class RefusedError(Exception):
    """GitHub did not do what it was asked for."""


class GitHub:
    """GitHub's GraphQL API, as far as comments need it.

    Args:
        url: its address, which the runner tells.
        token: the token that the workflow gave.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    def ask(self, question: str, **variables: Any) -> dict[str, Any]:
        """Return the answer.

        Raises:
            RefusedError: there is none.
        """
        try:
            answer = httpx.post(
                self._url,
                json={"query": question, "variables": variables},
                headers=self._headers,
                timeout=_SECONDS,
            )
            told = answer.raise_for_status().json()
        except httpx.HTTPStatusError as error:
            raise RefusedError(f"GitHub answered {error.response.status_code}") from error
        except (httpx.HTTPError, ValueError) as error:
            raise RefusedError(f"GitHub did not answer ({type(error).__name__})") from error
        if told.get("errors") or not told.get("data"):
            kinds = sorted({str(each.get("type", "error")) for each in told.get("errors", ())})
            raise RefusedError(f"GitHub answered {', '.join(kinds) or 'nothing'}")
        found: dict[str, Any] = told["data"]
        return found


def put(github: GitHub, repository: str, number: int, marker: str, body: str) -> None:
    """Replace the comment that begins with the marker and is the token's own, or add it where there is none.

    Raises:
        RefusedError: GitHub did not let it.
    """
    owner, _, name = repository.partition("/")
    after = None
    while True:
        found = github.ask(_FIND, owner=owner, name=name, number=number, after=after)["repository"]["pullRequest"]
        for comment in found["comments"]["nodes"]:
            if comment["viewerDidAuthor"] and comment["body"].startswith(marker):
                github.ask(_UPDATE, id=comment["id"], body=body)
                return
        page = found["comments"]["pageInfo"]
        if not page["hasNextPage"]:
            github.ask(_ADD, subject=found["id"], body=body)
            return
        after = page["endCursor"]


def marked(name: str) -> str:
    """Return the first line of the comment; each name has one of its own, so that two audits have two comments."""
    return MARKER if name == "finetooth" else MARKER.replace("finetooth", f"finetooth {name}")


def text(environment: Mapping[str, str]) -> str:
    """Return the comment: the report, or that there is none, so that no earlier verdict is left standing."""
    report = Path(environment["REPORT"] or os.devnull) / "report.md"
    if report.is_file():
        said = report.read_text(encoding="utf-8").removeprefix(MARKER).strip()
    else:
        said = f"## ⚠️ finetooth: nothing was judged\n\nIt ended with exit code {environment['CODE']}."
    server, repository, number = (environment[f"GITHUB_{name}"] for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    run = f"{server}/{repository}/actions/runs/{number}"
    foot = f"<sub>{environment['COMMIT'][:12]} · [log and whole report]({run})</sub>\n"
    head = marked(environment["INPUT_NAME"])
    if len(head) + len(said) + len(foot) + 4 > LIMIT:
        foot = ""
    return f"{head}\n{said}\n\n{foot}"[:LIMIT]


def main() -> int:
    """Comment, or say why not: that nobody could be told changes no verdict."""
    github = GitHub(os.environ["GITHUB_GRAPHQL_URL"], os.environ["TOKEN"])
    try:
        repository, number = os.environ["GITHUB_REPOSITORY"], int(os.environ["NUMBER"])
        put(github, repository, number, marked(os.environ["INPUT_NAME"]), text(os.environ))
    except RefusedError as error:
        warn(
            f"the pull request was not commented: {error}. The job needs the permission `pull-requests: write`, which "
            "the workflows of forks never have; the summary of the run holds the same"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
