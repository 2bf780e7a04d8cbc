"""`python -m deposit_token.demo`"""

from deposit_token.demo.cli import app

if __name__ == "__main__":
    app(prog_name="deposit-token-demo")
