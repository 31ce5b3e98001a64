import js from '@eslint/js';
import playwright from 'eslint-plugin-playwright';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['node_modules', 'test-results', 'playwright-report'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [ts.configs.strictTypeChecked, ts.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Playwright's fixtures that need no other fixture have an empty pattern.
      'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    ...playwright.configs['flat/recommended'],
    files: ['specs/**/*.ts'],
    rules: {
      ...playwright.configs['flat/recommended'].rules,
      // The helpers of support/ contain expectations, too.
      'playwright/expect-expect': ['error', { assertFunctionPatterns: ['^expect', '\\.expect', 'expectAccessible'] }],
    },
  },
);
